"""Which addresses lead to this computer alone: there one person works without an account."""

import ipaddress

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""The names that always lead to this computer."""


def is_loopback(address: str) -> bool:
    """Return whether a server that listens at an address is reached from this computer only.

    Args:
        address: a name or an IP address; empty stands for all addresses of the computer.

    Example:
        >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0"), is_loopback("")
        (True, False, False)
    """
    if address in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False
