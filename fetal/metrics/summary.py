"""A model on a set of labelled scans: all figures that its card holds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fetal.metrics.bootstrap import RESAMPLES, Draws, spread
from fetal.metrics.calibration import brier_interval, calibration_interval
from fetal.metrics.confusion import Confusion
from fetal.metrics.interval import Interval
from fetal.metrics.predictions import Labels, Predictions, Probabilities
from fetal.metrics.roc import areas
from fetal.planes import PLANES, Plane


@dataclass(frozen=True)
class PlaneFigures:
    """How one plane fares among `n` scans that show it.

    Attributes:
        n: Scans that show the plane.
        precision: Of the scans that were called so, the share that shows it.
        recall: Of the scans that show it, the share that was called so.
        f1: The harmonic mean of the two.
        auc: How often a scan that shows the plane gets a higher probability of it than one that
            does not (area under the receiver operating characteristic, one plane against all
            others). None where all scans show it, and on cards older than this figure.
    """

    n: int
    precision: Interval
    recall: Interval
    f1: Interval
    auc: Interval | None = None


@dataclass(frozen=True)
class Evaluation:
    """A model on a set of labelled scans.

    Attributes:
        n: How many scans.
        patients: How many patients they show.
        accuracy: The share of right answers.
        balanced_accuracy: The mean recall over the planes that are present.
        per_plane: The figures of each plane that is present.
        confusion: How many scans of which plane were called what. Rows are the true planes,
            columns the predicted ones, both in the order of PLANES.
        ece: The expected calibration error, 0 to 1.
        brier: The Brier score over all planes, 0 to 2.
        ece_interval: `ece` with its interval; none on cards older than this figure.
        brier_interval: `brier` with its interval; none on such cards.
        confusion_shares: `confusion` with each count as a share of its row; none for a row
            without scans, and none at all on such cards.
    """

    n: int
    patients: int
    accuracy: Interval
    balanced_accuracy: Interval
    per_plane: dict[Plane, PlaneFigures]
    confusion: list[list[int]]
    ece: float
    brier: float
    ece_interval: Interval | None = None
    brier_interval: Interval | None = None
    confusion_shares: list[list[Interval] | None] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a model card holds them."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Evaluation":
        """The inverse of `to_json`; what an older card does not hold is none."""
        figures = {
            Plane(plane): PlaneFigures(
                n=row["n"],
                **{name: Interval(**row[name]) for name in ("precision", "recall", "f1")},
                auc=_interval(row.get("auc")),
            )
            for plane, row in data["per_plane"].items()
        }
        shares = data.get("confusion_shares")
        return cls(
            **{
                **data,
                "accuracy": Interval(**data["accuracy"]),
                "balanced_accuracy": Interval(**data["balanced_accuracy"]),
                "per_plane": figures,
                "ece_interval": _interval(data.get("ece_interval")),
                "brier_interval": _interval(data.get("brier_interval")),
                "confusion_shares": shares and [_row(row) for row in shares],
            }
        )


def evaluate(
    labels: Labels,
    probabilities: Probabilities,
    patients: Sequence[str],
    *,
    resamples: int = RESAMPLES,
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
    answers = Predictions.of(labels, probabilities, patients)
    draws = Draws.of(patients, resamples, seed)
    confusion = Confusion(answers, draws)
    auc = _areas(answers, draws, confusion.present)
    ece, brier = calibration_interval(answers, draws), brier_interval(answers, draws)
    return Evaluation(
        n=len(answers.truth),
        patients=draws.patients,
        accuracy=confusion.accuracy(),
        balanced_accuracy=confusion.balanced_accuracy(),
        per_plane={
            PLANES[index]: PlaneFigures(
                n=int(confusion.counts[index].sum()),
                precision=confusion.precision(index),
                recall=confusion.recall(index),
                f1=confusion.f1(index),
                auc=auc[index],
            )
            for index in confusion.present
        },
        confusion=confusion.counts.astype(int).tolist(),
        ece=ece.value,
        brier=brier.value,
        ece_interval=ece,
        brier_interval=brier,
        confusion_shares=confusion.shares(),
    )


def _areas(answers: Predictions, draws: Draws, planes: Sequence[int]) -> dict[int, Interval | None]:
    if len(planes) < 2:
        return dict.fromkeys(planes)

    def each(weights: Any) -> Any:
        columns = [
            areas(answers.chances[:, index], answers.truth == index, weights) for index in planes
        ]
        return np.stack(columns, axis=1)

    whole = each(np.ones((1, len(answers.truth))))[0]
    drawn = draws.each(each)
    return {index: spread(whole[column], drawn[:, column]) for column, index in enumerate(planes)}


def _interval(data: dict[str, float] | None) -> Interval | None:
    return None if data is None else Interval(**data)


def _row(row: list[dict[str, float]] | None) -> list[Interval] | None:
    return None if row is None else [Interval(**cell) for cell in row]
