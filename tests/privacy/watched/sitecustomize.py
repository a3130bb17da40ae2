"""Refuses and notes every try of a process to reach beyond this computer.

Python runs it at the start of every process that has this folder on its PYTHONPATH.
"""

import os
import sys
from pathlib import Path
from typing import Any

_HERE = ("", "localhost", "::1", "0.0.0.0", "::")
_NOTES = Path(os.environ["FETAL_TEST_ATTEMPTS"])


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    match event, arguments:
        case ("socket.connect" | "socket.sendto", (_, (host, *_))):
            _check(event, host)
        case ("socket.getaddrinfo" | "socket.gethostbyname", (host, *_)):
            _check(event, host)


def _check(event: str, host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in _HERE or name.startswith("127."):
        return
    with _NOTES.open("a") as notes:
        notes.write(f"{sys.argv[0]} {event} {name}\n")
    raise OSError(f"The test lets nobody reach {name}.")


sys.addaudithook(_watch)
