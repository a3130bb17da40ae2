"""Other ways to name planes on the same scans."""

from dataclasses import replace

import pytest

from fetal.evaluation.baselines import baselines
from fetal.planes import Plane
from tests.evaluation.made_up import case, cases


def test_the_most_frequent_plane_is_the_one_that_was_learnt_most() -> None:
    [always] = baselines(cases())
    assert "Fetal brain" in always.name
    assert always.four is not None
    assert always.six.value == 40 / 80
    assert always.four.value == pytest.approx(40 / 75)
    assert always.gained.value == pytest.approx((77 - 40) / 80)
    assert always.sure_wrong is None
    [learnt] = baselines(cases(), {"femur": 300, "brain": 200})
    assert "Fetal femur" in learnt.name
    assert learnt.six.value == 35 / 80


def test_another_model_is_compared_scan_by_scan() -> None:
    perfect = [replace(one, probabilities=case(0, one.plane).probabilities) for one in cases()]
    [_, other] = baselines(cases(), others={"the one before": perfect})
    assert other.sure_wrong is not None
    assert (other.name, other.six.value, other.sure_wrong.value) == ("the one before", 1, 0)
    assert other.gained.value == pytest.approx(-3 / 80)
    assert other.gained.low < other.gained.value < other.gained.high


def test_other_scans_are_no_comparison() -> None:
    with pytest.raises(ValueError, match="Ask both models about the same scans"):
        baselines(cases(), others={"elsewhere": cases()[::-1]})


def test_without_a_fetal_plane_there_is_no_figure_over_them() -> None:
    [always] = baselines([case(1, Plane.CERVIX)])
    assert always.four is None
