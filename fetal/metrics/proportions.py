"""How many scans of a kind there are, as a share."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from fetal.metrics.bootstrap import RESAMPLES, Draws, spread
from fetal.metrics.interval import Interval


def share(
    marks: ArrayLike, patients: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """The share of scans that are marked, such as those that a model gets right.

    Args:
        marks: Whether each scan is marked, (n,).
        patients: Who each scan is of, (n,).
        resamples: How often the patients are drawn again.
        seed: Makes the interval the same every time.

    Returns:
        The share, 0 to 1, with its 95 % interval.

    Raises:
        ValueError: no scans, or lengths that differ.

    Example:
        >>> share([True, False, True, True], ["P-1", "P-1", "P-2", "P-3"]).value
        0.75
    """
    marked = np.asarray(marks, dtype=np.float64)
    if not len(marked) or len(marked) != len(patients):
        raise ValueError(
            "Expected at least one scan and as many marks as patients; received "
            f"{len(marked)} and {len(patients)}."
        )
    draws = Draws.of(patients, resamples, seed)
    drawn = draws.sums(marked) / draws.sums(np.ones(len(marked)))
    return spread(float(marked.mean()), drawn)
