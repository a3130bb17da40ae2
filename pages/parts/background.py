"""Work that goes on while the page is left, reloaded or closed."""

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

logger = logging.getLogger(__name__)

Report = Callable[[int, int], None]


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
