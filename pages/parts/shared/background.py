"""Work that goes on while the page is left, reloaded or closed."""

import time
from collections.abc import Callable, Iterator, MutableMapping
from threading import Lock
from typing import Any

from fetal.progress import BackgroundWork

HOURS_KEPT = 1
"""How long what ended is kept after somebody looked at it last."""


class Works(MutableMapping[str, BackgroundWork[Any]]):
    """Long work by name, which a page that is left or loaded again finds here.

    What has ended goes once nobody has looked at it for a while: its results hold pictures of
    scans, and names of files.

    Args:
        clock: tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._works: dict[str, BackgroundWork[Any]] = {}
        self._looked: dict[str, float] = {}
        self._outdated: set[int] = set()
        self._lock = Lock()

    def __getitem__(self, name: str) -> BackgroundWork[Any]:
        with self._lock:
            self._sweep()
            work = self._works[name]
            self._looked[name] = self._clock()
            return work

    def __setitem__(self, name: str, work: BackgroundWork[Any]) -> None:
        with self._lock:
            self._works[name] = work
            self._looked[name] = self._clock()
            self._sweep()

    def __delitem__(self, name: str) -> None:
        with self._lock:
            del self._works[name], self._looked[name]

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._works))

    def __len__(self) -> int:
        return len(self._works)

    def let_go(self) -> None:
        """Forget all results, those of what still goes on too, since scans were erased."""
        with self._lock:
            self._outdated = {id(work) for work in self._works.values()}
            self._sweep()

    def _sweep(self) -> None:
        oldest = self._clock() - HOURS_KEPT * 3600
        for name, work in list(self._works.items()):
            old = self._looked[name] < oldest or id(work) in self._outdated
            if work.finished and old:
                self._outdated.discard(id(work))
                del self._works[name], self._looked[name]
