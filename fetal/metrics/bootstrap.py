"""Intervals from drawing the patients again.

Scans of one patient resemble each other, so the patient is the unit that is drawn (cluster
bootstrap, Field and Welsh 2007); drawing scans would make intervals too narrow. A draw is how
often each patient came up, so that a figure of all draws is a product of matrices.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fetal.metrics.interval import Interval

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RESAMPLES = 1000
"""How often the patients are drawn, where nobody says otherwise."""

_AT_ONCE = 2_000_000
"""Weights of scans held in memory at a time; about the size that a processor's cache likes."""


@dataclass(frozen=True)
class Draws:
    """Patients drawn again, many times.

    Attributes:
        owner: Whose each scan is, as a row number of the patients, (n,).
        weights: How often each patient came up, (resamples, patients).
    """

    owner: Integers
    weights: Floats

    @classmethod
    def of(cls, patients: Sequence[str], resamples: int = RESAMPLES, seed: int = 0) -> Self:
        """Draw.

        Args:
            patients: Who each scan is of, (n,).
            resamples: How often.
            seed: Makes the draws the same every time.
        """
        names, owner = np.unique(np.asarray(patients), return_inverse=True)
        count = len(names)
        chooser = np.random.default_rng(seed)
        weights = chooser.multinomial(count, np.full(count, 1 / count), size=resamples)
        return cls(owner.astype(np.int64), weights.astype(np.float64))

    @property
    def patients(self) -> int:
        """How many patients there are."""
        return int(self.weights.shape[1])

    def sums(self, values: Floats) -> Floats:
        """Add up a value of each scan, in every draw.

        Args:
            values: (n,) or (n, k).

        Returns:
            (resamples,) or (resamples, k).
        """
        totals = np.zeros((self.patients, *values.shape[1:]))
        np.add.at(totals, self.owner, values)
        return np.asarray(self.weights @ totals)

    def each(self, figure: Callable[[Floats], Floats]) -> Floats:
        """Compute a figure that no sum over scans gives.

        Args:
            figure: Takes the scans' weights in some draws, (draws, n), and gives the figure of
                each, (draws,) or (draws, k).

        Returns:
            The figure of every draw, (resamples,) or (resamples, k).
        """
        rows = max(1, _AT_ONCE // max(1, len(self.owner)))
        parts = range(0, len(self.weights), rows)
        return np.concatenate(
            [figure(self.weights[part : part + rows][:, self.owner]) for part in parts]
        )


def spread(value: float, drawn: Floats) -> Interval:
    """Give a figure the range of its middle 95 % of draws.

    Args:
        value: The figure of the scans as they are.
        drawn: The figure of every draw, (resamples,). Draws that miss what the figure is about,
            such as any scan of a plane, are not a number and do not count.
    """
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.percentile(drawn, [2.5, 97.5]) if len(drawn) else (value, value)
    return Interval(float(value), float(low), float(high))
