"""A proxy that has signed the person in, and names that person in a header.

A header can be forged by whoever reaches the app: it is believed only with a secret that the proxy
alone knows, or from the proxy's own address, which the settings name; with both set, both count.
"""

import hmac
import ipaddress
from collections.abc import Mapping

from fetal.configuration.declared import (
    PROXY_ADDRESSES,
    PROXY_GROUPS_HEADER,
    PROXY_HEADER,
    PROXY_SECRET,
    PROXY_SIGN_OUT,
)
from fetal.workbench.single_sign_on.outside_person import PROXY, OutsidePerson

SECRET_HEADER = "x-fetal-proxy-secret"


def is_set() -> bool:
    """Return whether a proxy names people."""
    return PROXY_HEADER.value() is not None


def headers() -> frozenset[str]:
    """Return the headers that only a proxy may send, in small letters; pages never see them."""
    named = (PROXY_HEADER.value(), PROXY_GROUPS_HEADER.value())
    return frozenset({SECRET_HEADER, *(one.lower() for one in named if one)})


def trusted_addresses() -> list[str]:
    """Return the addresses whose word on the browser's address and HTTPS is taken."""
    return [str(one) for one in PROXY_ADDRESSES.value()] or ["127.0.0.0/8", "::1"]


def sign_out_url() -> str | None:
    """Return where a browser goes to sign out at the proxy; None where nothing is set."""
    return PROXY_SIGN_OUT.value()


def named(sent: Mapping[str, str], peer: str | None) -> OutsidePerson | None:
    """Return whom the proxy names.

    Args:
        sent: the headers of a request, by names in small letters.
        peer: the address at the other end of the connection; None where it is not known.

    Returns:
        The person; None where nobody is named, or the request is not the proxy's.
    """
    header = PROXY_HEADER.value()
    if header is None or not _is_the_proxys(sent, peer):
        return None
    name = _text(sent.get(header.lower(), ""))
    groups_header = PROXY_GROUPS_HEADER.value()
    if not name:
        return None
    groups = None
    if groups_header is not None:
        listed = _text(sent.get(groups_header.lower(), "")).split(",")
        groups = frozenset(one.strip() for one in listed if one.strip())
    return OutsidePerson(PROXY, name, name, groups)


def _is_the_proxys(sent: Mapping[str, str], peer: str | None) -> bool:
    secret, addresses = PROXY_SECRET.value(), PROXY_ADDRESSES.value()
    if secret is None and not addresses:
        return False
    if secret is not None:
        given = sent.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return False
    if not addresses:
        return True
    try:
        place = ipaddress.ip_address(peer or "")
    except ValueError:
        return False
    return any(place in network for network in addresses)


def _text(header: str) -> str:
    """What a header says: servers hand its bytes on as Latin-1, proxies send UTF-8."""
    try:
        return header.encode("latin-1").decode().strip()
    except UnicodeError:
        return ""
