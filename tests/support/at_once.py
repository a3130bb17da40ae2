"""Several people who do something at the same moment."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

CALLERS = 8


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Make calls in threads that start together.

    Args:
        calls: what is called, one thread each.

    Returns:
        What each returned or raised, in the order of the calls.
    """
    together = threading.Barrier(len(calls))

    def make(call: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))


def raised(results: Sequence[Any]) -> list[Exception]:
    """Return the exceptions among what `at_once` returned."""
    return [result for result in results if isinstance(result, Exception)]
