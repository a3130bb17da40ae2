"""The calibration of every plane's probability."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from fetal.metrics import Interval, expected_calibration_error
from fetal.metrics.probabilities.adaptive_error import adaptive_calibration_error
from fetal.metrics.probabilities.calibration_line import calibration_line
from fetal.metrics.probabilities.classwise_error import classwise_calibration_error

SCANS = 3000
PATIENTS = [f"P{number // 2}" for number in range(SCANS)]


class CalibrationError(Protocol):
    """One of the errors that are measured over every plane."""

    def __call__(
        self,
        labels: NDArray[np.int64],
        probabilities: NDArray[np.float64],
        patients: Sequence[str],
        *,
        resamples: int,
    ) -> Interval: ...


def drawn(
    sharpness: float = 1.0, shift: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Scans whose true probabilities are known, and a model that states others."""
    chooser = np.random.default_rng(5)
    logits = 1.5 * chooser.standard_normal((SCANS, 6))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([chooser.choice(6, p=row) for row in true])
    stated = np.exp(sharpness * logits + shift * np.eye(6)[0])
    return labels, stated / stated.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("error", [classwise_calibration_error, adaptive_calibration_error])
def test_honest_probabilities_are_told_from_overstated_ones(error: CalibrationError) -> None:
    honest = error(*drawn(), PATIENTS, resamples=200)
    overstated = error(*drawn(sharpness=2.5), PATIENTS, resamples=200)
    assert honest.low < 0.01
    assert honest.value < 0.02
    assert overstated.low > 0.03


def test_adaptive_bins_find_what_equal_bins_let_cancel() -> None:
    # Stated 0.02 where it is never so, and 0.06 where it is 0.08: one bin of 1/15 holds both.
    chances = np.repeat([[0.02, 0.98], [0.06, 0.94]], 100, axis=0)
    labels = np.array([1] * 100 + [0] * 8 + [1] * 92)
    patients = [f"P{number}" for number in range(200)]
    equal = classwise_calibration_error(labels, chances, patients).value
    assert equal == pytest.approx(0, abs=1e-9)
    assert adaptive_calibration_error(labels, chances, patients).value == pytest.approx(0.02)


def test_an_error_of_a_rare_plane_hides_from_the_error_of_the_named_one() -> None:
    # Never named, and three times as frequent as stated.
    chances = np.tile([0.9, 0.09, 0.01], (100, 1))
    labels = np.array([0] * 90 + [1] * 7 + [2] * 3)
    assert expected_calibration_error(labels, chances) == pytest.approx(0)
    found = classwise_calibration_error(labels, chances, [f"P{n}" for n in range(100)])
    assert found.value == pytest.approx(0.04 / 3)


def test_the_slope_is_the_most_likely_one() -> None:
    labels, chances = drawn(sharpness=1.6)
    found = calibration_line(labels, chances, PATIENTS, resamples=200).slope
    assert found is not None
    odds = np.log(chances / (1 - chances)).ravel()
    true = np.eye(6)[labels].ravel()

    def cost(line: NDArray[np.float64]) -> float:
        stated = line[0] + line[1] * odds
        return float(np.sum(np.logaddexp(0, stated) - true * stated))

    assert found.value == pytest.approx(minimize(cost, [0, 1]).x[1], abs=1e-3)
    assert found.high < 0.8
    assert found.low < found.value < found.high


def known(intervals: Sequence[Interval | None]) -> list[Interval]:
    """Intervals all of which there are."""
    found = [one for one in intervals if one is not None]
    assert len(found) == len(intervals)
    return found


def test_a_plane_that_is_stated_too_often_has_an_intercept_below_zero() -> None:
    honest = calibration_line(*drawn(), PATIENTS, resamples=200)
    assert honest.slope is not None
    assert honest.slope.low < 1 < honest.slope.high
    assert all(one.low < 0.1 and one.high > -0.1 for one in known(honest.intercepts))
    shifted = calibration_line(*drawn(shift=1.0), PATIENTS, resamples=200)
    first, *others = known(shifted.intercepts)
    assert first.high < -0.7
    assert all(one.value > 0.1 for one in others)


def test_there_is_no_slope_where_no_error_bends_it_and_no_intercept_without_scans() -> None:
    chances = np.tile([0.8, 0.15, 0.05], (6, 1))
    line = calibration_line([0] * 6, chances, list("abcdef"))
    assert line.slope is None
    assert line.intercepts == (None, None, None)
