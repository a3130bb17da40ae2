"""Ctrl-C as a question that long work asks."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Return whether Ctrl-C was pressed, so that what is under way is finished."""
    asked = threading.Event()
    before = signal.signal(signal.SIGINT, lambda _number, _frame: asked.set())
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
