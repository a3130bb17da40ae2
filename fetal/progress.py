"""How far a long piece of work is, and work that goes on in the background."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event, Thread
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of work is.

    Attributes:
        done: how many parts are done.
        total: how many parts there are; 0 while nobody knows.
        what: what is being done, in words; empty where the caller knows it.

    Example:
        >>> Progress(3, 4).share
        0.75
    """

    done: int = 0
    total: int = 0
    what: str = ""

    @property
    def share(self) -> float:
        """The share that is done, 0 to 1; 0 while nobody knows the total."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def within(self, position: int, parts: int) -> "Progress":
        """Return the progress of a whole that has several equal parts, of which this is one.

        Args:
            position: which part this is, counted from 0.
            parts: how many parts there are.

        Example:
            >>> Progress(5, 10).within(1, 2)
            Progress(done=15, total=20, what='')
        """
        return replace(self, done=position * self.total + self.done, total=parts * self.total)


OnProgress = Callable[[Progress], None]
"""Called whenever another part of a piece of work is done."""


def no_progress(progress: Progress) -> None:
    """Ignore the progress: for callers who do not ask for it."""


def within(on_progress: OnProgress, position: int, parts: int) -> OnProgress:
    """Return a function for one of several equal parts that reports the progress of the whole.

    Args:
        on_progress: called with the progress of the whole.
        position: which part it is for, counted from 0.
        parts: how many parts there are.
    """
    return lambda progress: on_progress(progress.within(position, parts))


class NoResultError(RuntimeError):
    """A result was asked for that is not there."""


class BackgroundWork(Generic[Result]):
    """A piece of work in a thread of its own, which anybody can ask how far it is.

    Args:
        task: what to do; called with a function that takes the progress. The thread lets go of
            the task at its end, and of what the task holds, such as uploaded files.
        name: the thread's name.
        stop: set to ask the task to stop. If None, the task cannot be stopped.

    Attributes:
        progress: how far it is.
        error: what the task raised; None if it raised nothing.

    Example:
        >>> work = BackgroundWork(lambda on_progress: 6 * 7)
        >>> work.wait()
        True
        >>> work.result
        42
    """

    def __init__(
        self, task: Callable[[OnProgress], Result], name: str = "work", stop: Event | None = None
    ) -> None:
        self.stop = stop
        self.progress = Progress()
        self._results: list[Result] = []
        self.error: Exception | None = None
        self._ended = Event()
        Thread(target=self._run, args=(task,), name=name, daemon=True).start()

    @property
    def finished(self) -> bool:
        """Whether the task has returned or raised."""
        return self._ended.is_set()

    @property
    def result(self) -> Result:
        """What the task returned.

        Raises:
            NoResultError: it has not returned yet, or it raised.
        """
        if not self._results:
            raise NoResultError("This work has no result: it goes on, or it failed.")
        return self._results[0]

    @property
    def stopping(self) -> bool:
        """Whether the task was asked to stop."""
        return self.stop is not None and self.stop.is_set()

    @property
    def failure(self) -> str | None:
        """Why the task failed, in a sentence for a person; None if it did not fail."""
        if self.error is None:
            return None
        # The program's own errors are sentences; those of libraries are for its log.
        if type(self.error).__module__.startswith("fetal."):
            return str(self.error)
        return "This did not work; the program’s log says why. Please try again."

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end.

        Args:
            seconds: how long, at most. If None, without limit.

        Returns:
            Whether it has ended.
        """
        return self._ended.wait(seconds)

    def _run(self, task: Callable[[OnProgress], Result]) -> None:
        try:
            self._results.append(task(self._keep))
        # Whatever went wrong in the thread has to reach the page, or the person waits for ever.
        except Exception as error:
            self.error = error
            if not type(error).__module__.startswith("fetal."):
                logger.exception("Work in the background failed")
        finally:
            self._ended.set()

    def _keep(self, progress: Progress) -> None:
        self.progress = progress
