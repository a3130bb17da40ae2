"""Whether sets of planes keep their promise on other scans, and how much they leave open."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fetal.metrics.bootstrap import RESAMPLES, Floats
from fetal.metrics.conformal.set_thresholds import SetThresholds
from fetal.metrics.interval import Interval
from fetal.metrics.predictions import Labels, Predictions
from fetal.metrics.proportions import share
from fetal.planes import PLANES, Plane


@dataclass(frozen=True)
class SetFigures:
    """Sets of planes on labelled scans.

    Attributes:
        promised: The coverage that was promised, as a share.
        kept: By promised plane that some scan shows: the share of its scans with it in the set.
        scans: How many scans show each of these.
        patients: By plane: how many patients the model's threshold rests on.
        unpromised: The planes of which nothing was promised.
        size: How many promised planes a set holds, on average.
        single: The share of sets with exactly one promised plane.
        empty: The share of sets without any.
    """

    promised: float
    kept: dict[Plane, Interval]
    scans: dict[Plane, int]
    patients: dict[Plane, int]
    unpromised: tuple[Plane, ...]
    size: float
    single: float
    empty: float


def set_figures(
    thresholds: SetThresholds,
    labels: Labels,
    probabilities: Floats,
    patients: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> SetFigures:
    """Measure a model's sets of planes on scans that chose no threshold.

    Args:
        thresholds: The model's.
        labels: The true planes as indices into PLANES, (n,).
        probabilities: The model's, calibrated, (n, 6).
        patients: Who each scan is of, (n,).
        resamples: How often the patients are drawn again for the intervals.
        seed: Makes the intervals the same every time.

    Raises:
        ValueError: no scans, or lengths that differ.

    Example:
        >>> thresholds = SetThresholds(0.95, {Plane.BRAIN: 0.5}, {Plane.BRAIN: 30})
        >>> found = set_figures(thresholds, [0, 1], np.eye(6)[[0, 1]], ["P-1", "P-2"])
        >>> found.kept[Plane.BRAIN].value, found.single, found.empty
        (1.0, 0.5, 0.5)
    """
    answers = Predictions.of(labels, probabilities, patients)
    names = np.asarray(patients)
    least = np.array([thresholds.least.get(plane, np.inf) for plane in PLANES])
    inside = answers.chances >= least
    kept: dict[Plane, Interval] = {}
    scans: dict[Plane, int] = {}
    for plane in thresholds.least:
        index = PLANES.index(plane)
        mine = answers.truth == index
        if mine.any():
            scans[plane] = int(mine.sum())
            kept[plane] = share(
                inside[mine, index], names[mine].tolist(), resamples=resamples, seed=seed
            )
    sizes = inside.sum(axis=1)
    return SetFigures(
        promised=thresholds.coverage,
        kept=kept,
        scans=scans,
        patients=dict(thresholds.patients),
        unpromised=thresholds.unpromised,
        size=float(sizes.mean()),
        single=float((sizes == 1).mean()),
        empty=float((sizes == 0).mean()),
    )
