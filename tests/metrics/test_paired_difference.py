"""Two models on the same scans: what they share cancels, and few patients prove little."""

import numpy as np
import pytest

from fetal.metrics import paired_difference

CERTAIN = np.eye(6)


def test_the_difference_of_two_models_is_paired() -> None:
    labels = np.zeros(300, int)
    first = np.where(np.arange(300) % 10 == 0, 1, 0)
    second = np.where(np.arange(300) % 20 == 0, 1, 0)
    patients = [str(i) for i in range(300)]
    gain = paired_difference(labels, CERTAIN[first], CERTAIN[second], patients)
    assert gain.value == pytest.approx(0.05)
    assert 0 < gain.low < gain.value < gain.high


def test_the_same_answers_on_a_few_patients_may_still_hide_a_difference() -> None:
    few = paired_difference([0] * 15, CERTAIN[[0] * 15], CERTAIN[[0] * 15], list("abcde") * 3)
    assert few.value == 0
    assert few.low < -0.05
    assert few.high > 0.05


def test_the_same_answers_on_many_patients_hide_next_to_nothing() -> None:
    answers, patients = CERTAIN[[0] * 3000], [f"P{i // 3}" for i in range(3000)]
    many = paired_difference([0] * 3000, answers, answers, patients)
    assert -0.002 < many.low < 0 < many.high < 0.002
