"""What sets of planes keep of their promise."""

import numpy as np

from fetal.metrics.conformal.set_figures import set_figures
from fetal.metrics.conformal.set_thresholds import SetThresholds
from fetal.planes import PLANES, Plane


def test_coverage_is_counted_by_plane_and_size_over_all_scans() -> None:
    thresholds = SetThresholds(
        0.95, {Plane.BRAIN: 0.5, Plane.FEMUR: 0.3}, {Plane.BRAIN: 40, Plane.FEMUR: 22}
    )
    brain, femur, cervix = (PLANES.index(one) for one in (Plane.BRAIN, Plane.FEMUR, Plane.CERVIX))
    chances = np.zeros((4, len(PLANES)))
    chances[0, [brain, femur]] = 0.6, 0.4  # both planes
    chances[1, [brain, femur]] = 0.1, 0.9  # a brain that is taken for a femur
    chances[2, femur] = 1.0
    chances[3, cervix] = 1.0  # of which nothing is promised
    found = set_figures(thresholds, [brain, brain, femur, cervix], chances, ["a", "b", "c", "d"])
    assert found.kept[Plane.BRAIN].value == 0.5
    assert found.kept[Plane.FEMUR].value == 1.0
    assert found.scans == {Plane.BRAIN: 2, Plane.FEMUR: 1}
    assert (found.size, found.single, found.empty) == (1.0, 0.5, 0.25)
    assert Plane.CERVIX in found.unpromised


def test_a_promised_plane_that_no_scan_shows_has_no_figure() -> None:
    thresholds = SetThresholds(0.95, {Plane.BRAIN: 0.5, Plane.FEMUR: 0.3}, {})
    found = set_figures(thresholds, [0], np.eye(6)[[0]], ["a"])
    assert set(found.kept) == {Plane.BRAIN}
