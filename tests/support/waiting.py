"""Waiting for something to happen in another process, never longer than it takes."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

import pytest

Found = TypeVar("Found")


def until(condition: Callable[[], Found | Literal[False] | None], seconds: float = 30.0) -> Found:
    """Wait for something to become true; fail where it does not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail(f"waited {seconds} s in vain")


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but was not collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
