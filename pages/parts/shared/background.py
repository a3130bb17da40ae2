"""Work that goes on while the page is left, reloaded or closed."""

import logging
import time
from collections.abc import Callable, Iterator, MutableMapping
from threading import Event, Lock, Thread
from typing import Any

logger = logging.getLogger(__name__)

Report = Callable[[int, int], None]

HOURS_KEPT = 1
"""How long what ended is kept after somebody looked at it last."""


class Work:
    """One long piece of work in a thread of its own.

    Args:
        task: what to do; it is given a function to report (done, total) with.
        stop: is set to ask the task to stop; none where it cannot.

    Attributes:
        done: how many parts are done.
        total: how many parts there are, or 0 while nobody knows.
        result: what the task returned, once it has.
        failure: why the task failed, in a sentence for a person, or none.
    """

    def __init__(self, task: Callable[[Report], Any], stop: Event | None = None) -> None:
        self.stop = stop
        self.done = 0
        self.total = 0
        self.result: Any = None
        self.failure: str | None = None
        # The thread lets go of the task at its end, and of what it holds, such as uploaded files.
        self._thread = Thread(target=self._run, args=(task,), name="work", daemon=True)
        self._thread.start()

    @property
    def finished(self) -> bool:
        """Whether there is a result or a failure to show."""
        return not self._thread.is_alive()

    def _run(self, task: Callable[[Report], Any]) -> None:
        try:
            self.result = task(self._report)
        # Whatever went wrong in the thread must reach the page, or the person waits for ever.
        except Exception as error:
            if type(error).__module__.startswith("fetal."):
                self.failure = str(error)
            else:
                logger.exception("Work in the background failed")
                self.failure = "This did not work; the program’s log says why. Please try again."

    def _report(self, done: int, total: int) -> None:
        self.done, self.total = done, total


class Works(MutableMapping[str, Work]):
    """Long work by name, which a page that is left or loaded again finds here.

    What has ended goes once nobody has looked at it for a while: its results hold pictures of
    scans, and names of files.

    Args:
        clock: tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._works: dict[str, Work] = {}
        self._looked: dict[str, float] = {}
        self._outdated: set[int] = set()
        self._lock = Lock()

    def __getitem__(self, name: str) -> Work:
        with self._lock:
            self._sweep()
            work = self._works[name]
            self._looked[name] = self._clock()
            return work

    def __setitem__(self, name: str, work: Work) -> None:
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
