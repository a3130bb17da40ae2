"""Probabilities are held against how often they come true."""

import numpy as np
import pytest

from fetal.metrics import evaluate, expected_calibration_error, reliability


def sure(confidence: np.ndarray) -> np.ndarray:
    """Probabilities whose first plane gets the confidence, and the others the rest."""
    rest = (1 - confidence[:, None]) / 5
    return np.concatenate([confidence[:, None], np.repeat(rest, 5, axis=1)], axis=1)


def honest(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels that come true as often as the probabilities say."""
    chance = np.random.default_rng(seed)
    confidence = chance.uniform(0.4, 1, n)
    return np.where(chance.random(n) < confidence, 0, 1), sure(confidence)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    labels = np.where(np.arange(100) < 60, 0, 1)
    assert expected_calibration_error(labels, sure(np.full(100, 0.9))) == pytest.approx(0.3)


def test_the_errors_interval_lies_around_it() -> None:
    labels = np.where(np.arange(400) < 240, 0, 1)
    result = evaluate(labels, sure(np.full(400, 0.9)), [str(i) for i in range(400)])
    assert result.ece_interval is not None
    assert result.ece == result.ece_interval.value
    # One bin holds all: its accuracy is a share of 400 independent patients.
    deviation = np.sqrt(0.6 * 0.4 / 400)
    assert result.ece_interval.low == pytest.approx(0.3 - 1.96 * deviation, abs=0.006)
    assert result.ece_interval.high == pytest.approx(0.3 + 1.96 * deviation, abs=0.006)
    # Errors are 0.012 where it is right and 1.632 + … where it is wrong, by hand:
    right = 0.1**2 + 5 * 0.02**2
    wrong = 0.9**2 + 0.98**2 + 4 * 0.02**2
    assert result.brier == pytest.approx(0.6 * right + 0.4 * wrong)
    assert result.brier_interval is not None
    assert result.brier_interval.low < result.brier < result.brier_interval.high


def test_much_of_the_error_of_honest_probabilities_may_be_want_of_scans() -> None:
    labels, chances = honest(500, 0)
    interval = evaluate(labels, chances, [str(i) for i in range(500)]).ece_interval
    assert interval is not None
    assert interval.low < interval.value / 2


def test_honest_probabilities_lie_on_the_diagonal() -> None:
    labels, chances = honest(4000, 1)
    bins = reliability(labels, chances, [str(i) for i in range(4000)], bins=10)
    assert [(one.low, one.high) for one in bins][-1] == (0.9, 1.0)
    assert sum(one.n for one in bins) == 4000
    assert len(bins) == 6, "bins without a scan are left out"
    for one in bins:
        assert one.low <= one.confidence <= one.high
        assert one.accuracy.low - 0.02 < one.confidence < one.accuracy.high + 0.02


def test_overconfidence_lies_below_the_diagonal() -> None:
    labels = np.where(np.arange(300) % 2 == 0, 0, 1)
    (column,) = reliability(labels, sure(np.full(300, 0.95)), [str(i) for i in range(300)])
    assert column.accuracy.value == pytest.approx(0.5)
    assert column.accuracy.high < column.confidence
