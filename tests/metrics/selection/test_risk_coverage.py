"""The area under the risk-coverage curve, against the definition written out."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.metrics.selection.risk_coverage import risk_coverage


def answers(
    confidence: NDArray[np.float64], right: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Two planes; the first is named, surely so, and true where `right` says so."""
    chances = np.stack([confidence, 1 - np.asarray(confidence)], axis=1)
    return np.where(right, 0, 1), chances


def written_out(right: NDArray[np.bool_]) -> float:
    """The mean error of the surest 1, 2, … n scans (Geifman and El-Yaniv 2017)."""
    wrong = 1 - np.asarray(right, float)
    return float(np.mean([wrong[:count].mean() for count in range(1, len(wrong) + 1)]))


def test_the_area_is_the_mean_risk_over_all_coverages() -> None:
    chooser = np.random.default_rng(0)
    confidence = np.sort(chooser.uniform(0.55, 1, 300))[::-1]
    right = chooser.random(300) < confidence
    found = risk_coverage(*answers(confidence, right), [f"P{n // 2}" for n in range(300)])
    assert found.area.value == pytest.approx(written_out(right))
    best = written_out(np.sort(right)[::-1])
    assert found.excess.value == pytest.approx(written_out(right) - best)
    # With hundreds of scans the best area is r + (1 - r) ln(1 - r), Geifman et al. 2019.
    r = 1 - right.mean()
    assert best == pytest.approx(r + (1 - r) * np.log(1 - r), abs=0.002)
    assert found.area.low < found.area.value < found.area.high
    assert found.excess.low > 0


def test_errors_that_come_last_leave_no_excess() -> None:
    confidence = np.linspace(0.99, 0.6, 40)
    found = risk_coverage(*answers(confidence, np.arange(40) < 36), [f"P{n}" for n in range(40)])
    assert found.excess.value == pytest.approx(0)
    assert found.area.value > 0


def test_equally_sure_scans_come_together() -> None:
    right = np.array([True] * 9 + [False])
    patients = [f"P{n}" for n in range(10)]
    one = risk_coverage(*answers(np.full(10, 0.9), right), patients)
    other = risk_coverage(*answers(np.full(10, 0.9), right[::-1]), patients)
    assert one.area == other.area
    assert one.area.value == pytest.approx(0.1)
    assert one.coverage.tolist() == [1.0]


def test_without_an_error_the_area_is_nothing() -> None:
    found = risk_coverage(*answers(np.full(5, 0.9), np.full(5, True)), list("abcde"))
    assert (found.area.value, found.area.high, found.excess.value) == (0, 0, 0)
