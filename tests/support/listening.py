"""Addresses of this computer: a free port, and whether something answers at one."""

import socket
import urllib.request


def free_port() -> int:
    """Return a port of this computer that nothing listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(address: str) -> bool:
    """Return whether something answers at an address, and well."""
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
