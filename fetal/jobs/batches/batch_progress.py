"""How far a batch job is, how quickly it goes on, and how long it takes still."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch job is.

    Attributes:
        done: how many files or scans are done, those that were refused included.
        total: of how many; 0 while nobody knows.
        refused: how many of them could not be read or predicted.
        shards_done: how many parts are done; 0 where the work has none.
        shards: of how many.
        rate: how many are done in a second; None while nobody knows.
        seconds_left: how long the rest takes; None while nobody knows.
        price: what the rest costs, where it is known what a process costs.
    """

    done: int = 0
    total: int = 0
    refused: int = 0
    shards_done: int = 0
    shards: int = 0
    rate: float | None = None
    seconds_left: float | None = None
    price: float | None = None

    @property
    def share(self) -> float:
        """The share that is done, 0 to 1; 0 while nobody knows the total."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "BatchProgress":
        """Read what `to_json` gave; of another version of the program, what both know."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


class Pace:
    """Measures how quickly work goes on, from the first report that it is told of.

    What was done before, by an attempt that was stopped, does not count.

    Args:
        clock: seconds that only grow.

    Example:
        >>> seconds = iter([0.0, 10.0])
        >>> pace = Pace(lambda: next(seconds))
        >>> _ = pace.measured(BatchProgress(done=100, total=400))
        >>> pace.measured(BatchProgress(done=200, total=400)).seconds_left
        20.0
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[float, int] | None = None

    def measured(self, progress: BatchProgress) -> BatchProgress:
        """Return the progress with its rate and the time that is left.

        Args:
            progress: how far the work is now.
        """
        now = self._clock()
        if self._first is None or progress.done < self._first[1]:
            self._first = now, progress.done
            return progress
        began, before = self._first
        if now <= began or progress.done == before:
            return progress
        rate = (progress.done - before) / (now - began)
        left = max(0, progress.total - progress.done) / rate if progress.total else None
        return replace(progress, rate=rate, seconds_left=left)
