"""How well a score tells two kinds of pictures apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fetal.metrics.bootstrap import RESAMPLES, Draws, Floats, spread
from fetal.metrics.interval import Interval

Scores = Sequence[float] | NDArray[np.float64] | NDArray[np.float32]


class Flagged(NamedTuple):
    """Which shares of the known and of the unknown pictures a threshold flags, 0 to 1."""

    known: float
    unknown: float


@dataclass(frozen=True)
class Roc:
    """A score's receiver operating characteristic: what each threshold flags.

    Attributes:
        thresholds: Every threshold that makes a difference, falling, (k,). The first is infinite
            and flags nothing.
        known: The share of the known pictures that each flags wrongly, (k,), rising to 1.
        unknown: The share of the unknown pictures that each flags rightly, (k,), rising to 1.
        auc: How often an unknown picture's score is the higher one, of all pairs of a known and
            an unknown picture; ties count half. 0.5 is chance, 1 is perfect.
        auc_interval: The same with its 95 % interval; none where the patients are not given.
    """

    thresholds: Floats
    known: Floats
    unknown: Floats
    auc: float
    auc_interval: Interval | None = None

    def flagged(self, threshold: float) -> Flagged:
        """Return what a threshold flags: the pictures with at least this score."""
        place = int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1
        return Flagged(float(self.known[place]), float(self.unknown[place]))

    def threshold_for(self, known: float) -> float:
        """Find the lowest threshold that flags at most a share of the known pictures.

        Args:
            known: The share, 0 to 1.

        Example:
            >>> curve = roc([0.1, 0.2, 0.3, 0.6], [0.5, 0.9])
            >>> curve.flagged(curve.threshold_for(known=0.25))
            Flagged(known=0.25, unknown=1.0)
        """
        return float(self.thresholds[np.searchsorted(self.known, known, side="right") - 1])


def roc(
    known: Scores,
    unknown: Scores,
    *,
    known_patients: Sequence[str] | None = None,
    unknown_patients: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Roc:
    """Judge a score that should be higher for unknown pictures than for known ones.

    Args:
        known: The scores of pictures of the known kind, (n,).
        unknown: The scores of pictures of any other kind, (m,).
        known_patients: Who each known picture is of, (n,). Without it there is no interval: the
            pictures of one patient resemble each other.
        unknown_patients: Who each unknown picture is of, (m,); none where each stands for
            itself, as photographs do.
        resamples: How often the patients are drawn again for the interval.
        seed: Makes the interval the same every time.

    Returns:
        The curve and the area under it.

    Raises:
        ValueError: one of the two has no picture, a score is not a number, or lengths differ.

    Example:
        >>> roc([0.1, 0.2, 0.6], [0.5, 0.9]).auc
        0.8333333333333334
    """
    ours, others = (np.asarray(part, dtype=np.float64).ravel() for part in (known, unknown))
    _check(ours, known_patients, "known")
    _check(others, unknown_patients, "unknown")
    scores = np.concatenate([ours, others])
    positive = np.arange(len(scores)) >= len(ours)
    area = float(areas(scores, positive, np.ones((1, len(scores))))[0])
    thresholds = np.append(np.inf, np.unique(scores)[::-1])
    if known_patients is None:
        interval = None
    else:
        owners = _owners(known_patients, unknown_patients, len(others))
        draws = Draws.of(owners, resamples, seed)
        interval = spread(area, draws.each(lambda weights: areas(scores, positive, weights)))
    return Roc(
        thresholds=thresholds,
        known=_shares(ours, thresholds),
        unknown=_shares(others, thresholds),
        auc=area,
        auc_interval=interval,
    )


def areas(scores: Floats, positive: NDArray[np.bool_], weights: Floats) -> Floats:
    """The area under the curve where scans count with weights, for many weightings at once.

    The area is the share of pairs of a positive and a negative that the score puts in order, ties
    counting half (Hanley and McNeil 1982).

    Args:
        scores: (n,).
        positive: Which scans should have the higher scores, (n,).
        weights: How much each scan counts, (draws, n).

    Returns:
        (draws,), 0 to 1; not a number where a draw holds no positive or no negative.
    """
    order = np.argsort(scores, kind="stable")
    ranked, right, weights = scores[order], positive[order], weights[:, order]
    below = np.zeros((len(weights), len(scores) + 1))
    np.cumsum(np.where(right, 0.0, weights), axis=1, out=below[:, 1:])
    mine = ranked[right]
    under = below[:, np.searchsorted(ranked, mine, side="left")]
    upto = below[:, np.searchsorted(ranked, mine, side="right")]
    counts = weights[:, right]
    with np.errstate(invalid="ignore", divide="ignore"):
        won = np.einsum("ij,ij->i", counts, under + upto) / 2
        return np.asarray(won / (counts.sum(axis=1) * below[:, -1]))


def _check(scores: Floats, patients: Sequence[str] | None, kind: str) -> None:
    if not len(scores) or not np.isfinite(scores).all():
        raise ValueError(
            f"Expected at least one score of {kind} pictures, all of them finite; received "
            f"{len(scores)}, of which {int(np.isfinite(scores).sum())} are finite."
        )
    if patients is not None and len(patients) != len(scores):
        raise ValueError(
            f"Expected as many patients as scores of {kind} pictures; received {len(patients)} "
            f"and {len(scores)}."
        )


def _shares(scores: Floats, thresholds: Floats) -> Floats:
    reached = len(scores) - np.searchsorted(np.sort(scores), thresholds, side="left")
    return np.asarray(reached / len(scores))


def _owners(known: Sequence[str], unknown: Sequence[str] | None, others: int) -> list[str]:
    # The same name on both sides is the same patient; a picture of nobody is nobody else's.
    apart = [f"\0{number}" for number in range(others)] if unknown is None else list(unknown)
    return [*known, *apart]
