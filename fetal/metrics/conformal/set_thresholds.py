"""From which probability on a plane belongs to the set of planes that a scan may show.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fetal.metrics.bootstrap import Floats
from fetal.metrics.conformal.plane_set import PlaneSet
from fetal.metrics.predictions import Labels, Predictions
from fetal.planes import PLANES, Plane

COVERAGE = 0.95


@dataclass(frozen=True)
class SetThresholds:
    """The least probability with which each plane belongs to the set.

    Attributes:
        coverage: The promise, as a share: of the scans of each plane, how many have it in the set.
        least: By plane, 0 to 1; a plane of which too few patients were there has none.
        patients: How many patients with each plane the thresholds rest on.

    Raises:
        ValueError: the coverage is not between 0 and 1, or a threshold is not from 0 to 1.
    """

    coverage: float
    least: Mapping[Plane, float]
    patients: Mapping[Plane, int]

    def __post_init__(self) -> None:
        if not 0 < self.coverage < 1 or not all(0 <= one <= 1 for one in self.least.values()):
            raise ValueError(
                "Expected a coverage between 0 and 1 and thresholds from 0 to 1; received "
                f"{self.coverage} and {list(self.least.values())}. Calibrate the model again."
            )

    @property
    def unpromised(self) -> tuple[Plane, ...]:
        """The planes of which nothing can be promised."""
        return tuple(plane for plane in PLANES if plane not in self.least)

    def set_of(self, probabilities: Mapping[Plane, float]) -> PlaneSet:
        """Choose the planes that a scan may show.

        Args:
            probabilities: Calibrated, by plane, 0 to 1.

        Example:
            >>> thresholds = SetThresholds(0.95, {Plane.BRAIN: 0.3, Plane.OTHER: 0.1}, {})
            >>> thresholds.set_of({Plane.BRAIN: 0.8, Plane.OTHER: 0.15}).promise
            'brain or other, 95 %'
        """
        inside = [plane for plane, least in self.least.items() if probabilities[plane] >= least]
        inside.sort(key=lambda plane: -probabilities[plane])
        return PlaneSet(tuple(inside), self.unpromised, self.coverage)


def needed(coverage: float = COVERAGE) -> int:
    """How many patients with a plane a promise needs.

    With fewer, no threshold but 0 could keep it: of n patients and one more, all equally likely
    to be the strangest, the one more is it with probability 1/(n + 1).

    Args:
        coverage: The promise, as a share.

    Example:
        >>> needed(0.95), needed(0.9)
        (19, 9)
    """
    return math.ceil(1 / (1 - coverage) - 1e-9) - 1


def set_thresholds(
    labels: Labels,
    probabilities: Floats,
    patients: Sequence[str],
    *,
    coverage: float = COVERAGE,
) -> SetThresholds:
    """Find the thresholds that keep a promise for the scans of each plane.

    Class-conditional split conformal prediction (Mondrian: Vovk, Gammerman and Shafer 2005; with
    the true plane's probability as the score: Sadinle, Lei and Wasserman 2019). Scans of one
    patient resemble each other, so that patients and not scans are exchangeable: each patient's
    scans of a plane share the weight of one, and the new patient has one, too (hierarchical
    conformal prediction, Lee, Barber and Willett 2023). The promise is then exact for a scan of a
    plane, drawn from a new patient of the same kind; drawing one scan of each patient keeps it as
    well (Dunn, Wasserman and Ramdas 2022), but gives another threshold at each draw.

    Args:
        labels: The true planes as indices into PLANES, (n,), of patients whom the model has not
            learnt from.
        probabilities: The model's, calibrated, (n, 6).
        patients: Who each scan is of, (n,).
        coverage: The promise, as a share between 0 and 1.

    Returns:
        The thresholds; none for planes with fewer than `needed(coverage)` patients.

    Raises:
        ValueError: no scans, lengths that differ, or a coverage that is no share.

    Example:
        >>> chances = np.tile([0.9, 0.1, 0, 0, 0, 0], (20, 1))
        >>> found = set_thresholds([0] * 20, chances, [f"P-{n}" for n in range(20)])
        >>> dict(found.least), found.patients[Plane.BRAIN], len(found.unpromised)
        ({<Plane.BRAIN: 'brain'>: 0.9}, 20, 5)
    """
    answers = Predictions.of(labels, probabilities, patients)
    names = np.asarray(patients)
    least: dict[Plane, float] = {}
    counted: dict[Plane, int] = {}
    for index, plane in enumerate(PLANES):
        mine = answers.truth == index
        _, owner, scans = np.unique(names[mine], return_inverse=True, return_counts=True)
        counted[plane] = len(scans)
        if len(scans) >= needed(coverage):
            weights = 1 / scans[owner] / (len(scans) + 1)
            least[plane] = _quantile(answers.chances[mine, index], weights, coverage)
    return SetThresholds(coverage, least, counted)


def _quantile(chances: Floats, weights: Floats, coverage: float) -> float:
    """The largest threshold that leaves scans with at least the weight of `coverage` above it."""
    order = np.argsort(-chances, kind="stable")
    reached = np.cumsum(weights[order]) >= coverage - 1e-9
    return float(chances[order][np.argmax(reached)])
