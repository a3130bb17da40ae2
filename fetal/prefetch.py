"""Work on what comes next while the present thing is used."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Generator[Result]:
    """Apply a function to items in several threads, a few of them ahead of who takes the results.

    Decoding and filtering pictures leave Python's lock, so that threads use every core; only a
    few results wait at any time, however many items there are.

    Args:
        work: the function; it must bear being called from several threads at once.
        items: what to apply it to; taken as needed.
        workers: how many threads; if None, one for each core.

    Yields:
        The results, in the items' order.

    Example:
        >>> list(ahead(str.upper, ["a", "b"]))
        ['A', 'B']
    """
    workers = workers or os.cpu_count() or 1
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # Who stops taking results must not wait for those that nobody wants.
            for future in waiting:
                future.cancel()
