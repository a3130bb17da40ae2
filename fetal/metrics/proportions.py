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


def error_share(
    marks: ArrayLike, patients: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """The share of scans with an error of a rare kind, such as being sure and wrong.

    Drawing patients again tells nothing where no scan has one: the upper end is then what may still
    be true, 3 of as many patients as there are, for they and not their scans are independent
    (Hanley and Lippman-Hand 1983).

    Args:
        marks: Whether each scan has the error, (n,).
        patients: Who each scan is of, (n,).
        resamples: How often the patients are drawn again.
        seed: Makes the interval the same every time.

    Returns:
        The share, 0 to 1, with its 95 % interval.

    Raises:
        ValueError: no scans, or lengths that differ.

    Example:
        >>> error_share([False] * 60, [f"P-{number}" for number in range(60)])
        Interval(value=0.0, low=0.0, high=0.05)
    """
    found = share(marks, patients, resamples=resamples, seed=seed)
    if found.value > 0:
        return found
    return Interval(0.0, 0.0, min(1.0, 3 / len(set(patients))))
