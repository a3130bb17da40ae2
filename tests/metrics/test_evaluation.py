"""Figures of a model: right where they can be worked out by hand, wide where patients are few."""

import numpy as np
import pytest

from fetal.metrics import Evaluation, evaluate, expected_calibration_error, paired_difference
from fetal.planes import Plane

CERTAIN = np.eye(6)


def test_figures_worked_out_by_hand() -> None:
    labels = [0, 0, 0, 1, 1, 2]
    guesses = [0, 0, 1, 1, 1, 0]
    result = evaluate(labels, CERTAIN[guesses], ["a", "a", "b", "b", "c", "c"])
    assert result.n == 6
    assert result.patients == 3
    assert result.accuracy.value == pytest.approx(4 / 6)
    assert result.balanced_accuracy.value == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert result.per_plane[Plane.BRAIN].precision.value == pytest.approx(2 / 3)
    assert result.per_plane[Plane.ABDOMEN].recall.value == 1
    assert result.per_plane[Plane.ABDOMEN].f1.value == pytest.approx(0.8)
    assert Plane.CERVIX not in result.per_plane
    assert result.confusion[2][0] == 1


def test_intervals_are_wider_when_the_same_scans_come_from_fewer_patients() -> None:
    chance = np.random.default_rng(0)
    right = np.repeat(chance.random(20) < 0.8, 20)
    guesses = np.where(right, 0, 1)
    labels = np.zeros(400, int)
    few = evaluate(labels, CERTAIN[guesses], [f"P{i // 20}" for i in range(400)])
    many = evaluate(labels, CERTAIN[guesses], [f"P{i}" for i in range(400)])
    assert few.accuracy.value == many.accuracy.value
    width = few.accuracy.high - few.accuracy.low
    assert width > 2 * (many.accuracy.high - many.accuracy.low)


def test_the_interval_of_patients_matches_the_theory_of_independent_ones() -> None:
    guesses = np.where(np.arange(1000) < 900, 0, 1)
    result = evaluate(np.zeros(1000, int), CERTAIN[guesses], [str(i) for i in range(1000)])
    deviation = np.sqrt(0.9 * 0.1 / 1000)
    assert result.accuracy.low == pytest.approx(0.9 - 1.96 * deviation, abs=0.004)
    assert result.accuracy.high == pytest.approx(0.9 + 1.96 * deviation, abs=0.004)


def test_an_evaluation_survives_the_way_to_a_card_and_back() -> None:
    result = evaluate([0, 1, 2, 2], CERTAIN[[0, 1, 2, 0]], ["a", "b", "c", "d"])
    assert Evaluation.from_json(result.to_json()) == result


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    chances = np.full((100, 6), 0.02)
    chances[:, 0] = 0.9
    labels = np.where(np.arange(100) < 60, 0, 1)
    assert expected_calibration_error(labels, chances) == pytest.approx(0.3)


def test_the_difference_of_two_models_is_paired() -> None:
    labels = np.zeros(300, int)
    first = np.where(np.arange(300) % 10 == 0, 1, 0)
    second = np.where(np.arange(300) % 20 == 0, 1, 0)
    patients = [str(i) for i in range(300)]
    gain = paired_difference(labels, CERTAIN[first], CERTAIN[second], patients)
    assert gain.value == pytest.approx(0.05)
    assert 0 < gain.low < gain.value < gain.high


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="received 2, 1 and 2"):
        evaluate([0, 1], CERTAIN[[0]], ["a", "b"])
