"""How well a model notices what it does not know, one kind of strangeness after another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fetal.metrics.bootstrap import RESAMPLES
from fetal.metrics.interval import Interval
from fetal.metrics.roc import roc


@dataclass(frozen=True)
class Strangers:
    """How well a score tells one kind of strange pictures from known scans.

    Attributes:
        kind: What is strange about them, such as “other anatomy”.
        pictures: How many there are.
        told: How often a stranger's score is above a known scan's (area under the ROC curve):
            0.5 is chance, 1 is perfect.
        flagged: The share of them that is called unknown, at a score of `threshold` or more.
    """

    kind: str
    pictures: int
    told: Interval
    flagged: float


def strangers(
    known: ArrayLike,
    known_patients: Sequence[str],
    strange: Mapping[str, tuple[ArrayLike, Sequence[str]]],
    *,
    threshold: float = 1.0,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Strangers, ...]:
    """Compare the scores of known scans with those of each kind of strange ones.

    Kinds are kept apart since one figure over all would be that of the easiest and most frequent
    kind: photographs are told at once, and another hospital's machine is not.

    Args:
        known: The scores of scans of the kind that the model has learnt, (n,): unfamiliarity, or
            any doubt that rises with it.
        known_patients: Who each of them is of, (n,).
        strange: By kind: the scores of its pictures, (m,), and who each is of, (m,).
        threshold: From which score on a picture is called unknown.
        resamples: How often the patients are drawn again for the intervals.
        seed: Makes the intervals the same every time.

    Returns:
        One row a kind, in the given order.

    Raises:
        ValueError: a kind without pictures, a score that is no number, or lengths that differ.

    Example:
        >>> kinds = {"photographs": ([1.4, 0.9], ["a", "b"])}
        >>> [row] = strangers([0.1, 0.4, 0.95], ["P-1", "P-2", "P-3"], kinds)
        >>> round(row.told.value, 3), row.flagged
        (0.833, 0.5)
    """
    rows = []
    for kind, (scores, patients) in strange.items():
        others = np.asarray(scores, dtype=np.float64)
        curve = roc(
            np.asarray(known, dtype=np.float64),
            others,
            known_patients=known_patients,
            unknown_patients=patients,
            resamples=resamples,
            seed=seed,
        )
        told = curve.auc_interval or Interval(curve.auc, curve.auc, curve.auc)
        rows.append(Strangers(kind, len(others), told, float((others >= threshold).mean())))
    return tuple(rows)
