"""A figure with the range that it might as well have had."""

from dataclasses import dataclass

from fetal.metrics.percent import percent


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval; all three in the figure's own unit."""

    value: float
    low: float
    high: float

    def percent(self) -> str:
        """Write a share as a person reads it.

        Example:
            >>> Interval(0.985, 0.97, 0.995).percent()
            '98.5 % (97.0 to 99.5)'
        """
        return f"{percent(self.value, 1)} ({100 * self.low:.1f} to {100 * self.high:.1f})"
