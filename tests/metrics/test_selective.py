"""Leaving the least sure answers to a person: how right is the rest."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.metrics import coverage


def answers(
    confidence: list[float] | NDArray[np.float64], right: list[bool] | NDArray[np.bool_]
) -> tuple[np.ndarray, np.ndarray]:
    chances = np.zeros((len(right), 6))
    chances[:, 0] = confidence
    chances[:, 1] = 1 - chances[:, 0]
    return np.where(right, 0, 1), chances


def test_the_curve_follows_the_confidence() -> None:
    labels, chances = answers([0.6, 0.9, 0.8, 0.7], [True, True, True, False])
    curve = coverage(labels, chances, ["a", "b", "c", "d"], shares=[0.5, 1])
    assert curve.thresholds.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert curve.shares.tolist() == [0.25, 0.5, 0.75, 1]
    assert curve.accuracy == pytest.approx([1, 1, 2 / 3, 3 / 4])
    assert (curve.errorless, curve.errorless_n) == (0.5, 2)
    half, whole = curve.steps
    assert (half.n, half.threshold, half.accuracy.value) == (2, 0.8, 1.0)
    assert (whole.n, whole.threshold, whole.accuracy.value) == (4, 0.6, 0.75)


def test_scans_that_are_equally_sure_come_together() -> None:
    labels, chances = answers([0.9, 0.9, 0.9, 0.6], [True, False, True, True])
    curve = coverage(labels, chances, ["a", "b", "c", "d"], shares=[0.25])
    assert curve.shares.tolist() == [0.75, 1]
    assert (curve.errorless, curve.errorless_n) == (0, 0)
    assert curve.steps[0].n == 3


def test_a_model_without_an_error_has_all_of_it_free() -> None:
    labels, chances = answers([0.9, 0.8], [True, True])
    assert coverage(labels, chances, ["a", "b"]).errorless == 1


def test_intervals_draw_patients() -> None:
    chance = np.random.default_rng(0)
    confidence = chance.uniform(0.5, 1, 400)
    right = np.repeat(chance.random(40) < 0.8, 10)
    labels, chances = answers(confidence, right)
    few = coverage(labels, chances, [f"P{i // 10}" for i in range(400)]).steps[-1].accuracy
    many = coverage(labels, chances, [f"P{i}" for i in range(400)]).steps[-1].accuracy
    assert few.value == many.value
    assert few.high - few.low > 2 * (many.high - many.low)


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="received 2, 2 and 1"):
        coverage([0, 1], np.eye(6)[[0, 1]], ["a"])
