"""Sets of planes: promised only where there are patients enough, and kept for new ones."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.metrics.conformal.set_thresholds import SetThresholds, needed, set_thresholds
from fetal.planes import PLANES, Plane

BRAIN, OTHER = PLANES.index(Plane.BRAIN), PLANES.index(Plane.OTHER)


def brains(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities of scans of brains of which the rest goes to *Other*."""
    found = np.zeros((len(chances), len(PLANES)))
    found[:, BRAIN] = chances
    found[:, OTHER] = 1 - found[:, BRAIN]
    return found


def thresholds_of(chances: NDArray[np.float64], patients: list[str]) -> SetThresholds:
    return set_thresholds([BRAIN] * len(chances), brains(chances), patients)


def test_nineteen_patients_are_the_fewest_of_whom_95_percent_can_be_promised() -> None:
    chances = np.linspace(0.5, 0.95, 19)
    assert needed(0.95) == 19
    enough = thresholds_of(chances, [f"P{n}" for n in range(19)])
    assert enough.least == {Plane.BRAIN: pytest.approx(0.5)}
    fewer = thresholds_of(chances[1:], [f"P{n}" for n in range(18)])
    assert fewer.least == {}
    assert fewer.unpromised == PLANES
    assert fewer.patients[Plane.BRAIN] == 18


def test_many_scans_of_few_patients_promise_nothing() -> None:
    assert thresholds_of(np.full(60, 0.9), ["P1", "P2", "P3"] * 20).least == {}


def test_a_patient_with_many_scans_counts_once() -> None:
    once = thresholds_of(np.linspace(0.3, 0.9, 40), [f"P{n}" for n in range(40)])
    # The same patient forty times more: by scans, half of all would be as low as hers.
    chances = np.append(np.linspace(0.3, 0.9, 40), np.full(40, 0.3))
    repeated = thresholds_of(chances, [f"P{n}" for n in range(40)] + ["P0"] * 40)
    assert repeated.least == once.least


def test_the_promise_is_kept_for_new_patients_whose_scans_resemble_each_other() -> None:
    chooser = np.random.default_rng(3)
    inside = []
    for _ in range(400):
        # Each patient is easy or hard, and hard ones were scanned more often.
        hard = chooser.random(61) < 0.2
        counts = np.where(hard, 8, 2)
        level = np.where(hard, 0.55, 0.9)
        owner = np.repeat(np.arange(60), counts[:60])
        chances = np.clip(level[owner] + 0.08 * chooser.standard_normal(len(owner)), 0, 1)
        found = thresholds_of(chances, [f"P{n}" for n in owner])
        new = level[60] + 0.08 * chooser.standard_normal()
        inside.append(new >= found.least[Plane.BRAIN])
    # 95 % and four standard errors of 400 draws below; hardly more than promised either.
    assert 0.907 < np.mean(inside) < 0.99


def test_a_set_names_its_planes_and_what_it_cannot_promise() -> None:
    thresholds = SetThresholds(0.95, {Plane.BRAIN: 0.4, Plane.FEMUR: 0.2, Plane.OTHER: 0.3}, {})
    chances = dict.fromkeys(PLANES, 0.0) | {Plane.BRAIN: 0.45, Plane.OTHER: 0.5}
    found = thresholds.set_of(chances)
    assert found.promise == "other or brain, 95 %"
    assert found.words == (
        "other or brain, 95 %; abdomen, thorax, cervix: too few scans of each plane for a promise"
    )


def test_a_set_may_be_empty() -> None:
    thresholds = SetThresholds(0.9, dict.fromkeys(PLANES, 0.6), {})
    found = thresholds.set_of(dict.fromkeys(PLANES, 1 / 6))
    assert (found.planes, found.words) == ((), "none of the planes, 90 %")


def test_impossible_thresholds_are_refused() -> None:
    with pytest.raises(ValueError, match="Calibrate the model again"):
        SetThresholds(0.95, {Plane.BRAIN: 1.2}, {})
    with pytest.raises(ValueError, match="Calibrate the model again"):
        SetThresholds(1.0, {}, {})
