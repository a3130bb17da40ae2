"""How good a model is, with intervals from resampling patients.

Scans of one patient resemble each other, so the patient is the unit that is drawn again
(cluster bootstrap, Field and Welsh 2007); drawing scans would make intervals too narrow.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fetal.metrics.interval import Interval
from fetal.planes import PLANES, Plane

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class PlaneFigures:
    """How one plane fares among `n` scans that show it."""

    n: int
    precision: Interval
    recall: Interval
    f1: Interval


@dataclass(frozen=True)
class Evaluation:
    """A model on a set of labelled scans."""

    n: int
    patients: int
    accuracy: Interval
    balanced_accuracy: Interval
    per_plane: dict[Plane, PlaneFigures]
    confusion: list[list[int]]
    """Rows are the true planes, columns the predicted ones, both in the order of PLANES."""
    ece: float
    brier: float

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a model card holds them."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Evaluation":
        """The inverse of `to_json`."""
        figures = {
            Plane(plane): PlaneFigures(
                n=row["n"],
                **{name: Interval(**row[name]) for name in ("precision", "recall", "f1")},
            )
            for plane, row in data["per_plane"].items()
        }
        return cls(
            **{
                **data,
                "accuracy": Interval(**data["accuracy"]),
                "balanced_accuracy": Interval(**data["balanced_accuracy"]),
                "per_plane": figures,
            }
        )


def evaluate(
    labels: Sequence[int] | Labels,
    probabilities: Floats | NDArray[np.float32],
    patients: Sequence[str],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Compare a model's probabilities with the truth.

    Args:
        labels: The true planes as indices into PLANES, (n,).
        probabilities: The model's, (n, 6), each row summing to 1.
        patients: Who each scan is of, (n,).
        resamples: How often the patients are drawn again for the intervals.
        seed: Makes the intervals the same every time.

    Returns:
        All figures. Planes without a scan are left out of `per_plane`.

    Raises:
        ValueError: no scans, or lengths that differ.

    Example:
        >>> evaluate([0, 1], np.eye(6)[[0, 1]], ["P-1", "P-2"]).accuracy.value
        1.0
    """
    truth = np.asarray(labels, dtype=np.int64)
    chances = np.asarray(probabilities, dtype=np.float64)
    if not len(truth) or not (len(truth) == len(chances) == len(patients)):
        raise ValueError(
            "Expected at least one scan and as many labels as probabilities and patients; "
            f"received {len(truth)}, {len(chances)} and {len(patients)}."
        )
    guess = chances.argmax(axis=1)
    names, owner = np.unique(np.asarray(patients), return_inverse=True)
    # Everything below is a function of one confusion matrix a patient, so that a resample of
    # patients is a weighted sum and thousands of them one matrix product.
    cells = np.zeros((len(names), len(PLANES), len(PLANES)))
    np.add.at(cells, (owner, truth, guess), 1)
    weights = _draws(len(names), resamples, seed)
    drawn = np.einsum("rp,pij->rij", weights, cells, optimize=True)
    whole = cells.sum(axis=0)
    present = [index for index in range(len(PLANES)) if whole[index].sum() > 0]
    return Evaluation(
        n=len(truth),
        patients=len(names),
        accuracy=_interval(_accuracy, whole, drawn),
        balanced_accuracy=_interval(
            lambda matrix: np.nanmean(_recall(matrix)[..., present], axis=-1), whole, drawn
        ),
        per_plane={
            PLANES[index]: PlaneFigures(
                n=int(whole[index].sum()),
                precision=_interval(lambda m, i=index: _precision(m)[..., i], whole, drawn),
                recall=_interval(lambda m, i=index: _recall(m)[..., i], whole, drawn),
                f1=_interval(lambda m, i=index: _f1(m)[..., i], whole, drawn),
            )
            for index in present
        },
        confusion=whole.astype(int).tolist(),
        ece=expected_calibration_error(truth, chances),
        brier=float(np.mean(np.sum((chances - np.eye(len(PLANES))[truth]) ** 2, axis=1))),
    )


def expected_calibration_error(labels: Labels, probabilities: Floats, bins: int = 15) -> float:
    """The mean gap between stated confidence and accuracy (Guo et al. 2017).

    Args:
        labels: True classes, (n,).
        probabilities: (n, classes).
        bins: How many equal bins of confidence between 0 and 1.

    Returns:
        Between 0 (probabilities mean what they say) and 1.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.zeros(bins)
    np.add.at(gaps, bin_of, confidence - right)
    return float(np.abs(gaps).sum() / len(labels))


def paired_difference(
    labels: Sequence[int] | Labels,
    first: Floats,
    second: Floats,
    patients: Sequence[str],
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """How much more accurate the second model is than the first, on the same scans.

    Args:
        labels: True classes, (n,).
        first: The first model's probabilities, (n, 6).
        second: The second model's, (n, 6).
        patients: Who each scan is of, (n,).
        resamples: How often the patients are drawn again.
        seed: Makes the interval the same every time.

    Returns:
        Accuracy of the second less that of the first, as a share with its 95 % interval.
    """
    truth = np.asarray(labels)
    gain = (second.argmax(axis=1) == truth).astype(float) - (first.argmax(axis=1) == truth)
    names, owner = np.unique(np.asarray(patients), return_inverse=True)
    gains = np.bincount(owner, gain, minlength=len(names))
    sizes = np.bincount(owner, minlength=len(names)).astype(float)
    weights = _draws(len(names), resamples, seed)
    drawn = (weights @ gains) / (weights @ sizes)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(float(gain.mean()), float(low), float(high))


def _draws(count: int, resamples: int, seed: int) -> Floats:
    chooser = np.random.default_rng(seed)
    return chooser.multinomial(count, np.full(count, 1 / count), size=resamples).astype(float)


def _interval(figure: Any, whole: Floats, drawn: Floats) -> Interval:
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(np.nan_to_num(figure(whole)))
        spread = figure(drawn)
    spread = spread[np.isfinite(spread)]
    low, high = np.percentile(spread, [2.5, 97.5]) if len(spread) else (value, value)
    return Interval(value, float(low), float(high))


def _accuracy(matrix: Floats) -> Floats:
    right: Floats = np.trace(matrix, axis1=-2, axis2=-1)
    return np.asarray(right / matrix.sum(axis=(-2, -1)))


def _recall(matrix: Floats) -> Floats:
    return np.asarray(np.diagonal(matrix, axis1=-2, axis2=-1) / matrix.sum(axis=-1))


def _precision(matrix: Floats) -> Floats:
    return np.asarray(np.diagonal(matrix, axis1=-2, axis2=-1) / matrix.sum(axis=-2))


def _f1(matrix: Floats) -> Floats:
    diagonal = np.diagonal(matrix, axis1=-2, axis2=-1)
    return np.asarray(2 * diagonal / (matrix.sum(axis=-1) + matrix.sum(axis=-2)))
