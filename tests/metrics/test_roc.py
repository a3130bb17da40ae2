"""The area under the curve equals its definition; thresholds flag what they say."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.metrics import roc


def pairs(known: NDArray[np.float64], unknown: NDArray[np.float64]) -> float:
    """The definition: how often the unknown one has the higher score; ties count half."""
    both = list(itertools.product(known, unknown))
    return float(sum((other > one) + (other == one) / 2 for one, other in both) / len(both))


def test_the_area_is_the_share_of_pairs_in_order_ties_counting_half() -> None:
    chance = np.random.default_rng(0)
    known = chance.integers(0, 8, 60).astype(float)
    unknown = chance.integers(3, 12, 40).astype(float)
    assert roc(known, unknown).auc == pytest.approx(pairs(known, unknown))


def test_scores_apart_are_perfect_and_equal_ones_are_chance() -> None:
    assert roc([0.1, 0.2], [0.3]).auc == 1
    assert roc([0.5, 0.5], [0.5, 0.5, 0.5]).auc == 0.5


def test_a_threshold_flags_the_scores_that_reach_it() -> None:
    curve = roc([1, 2, 3, 4], [3, 5])
    assert curve.flagged(3) == (0.5, 1.0)
    assert curve.flagged(3.5) == (0.25, 0.5)
    assert curve.flagged(99) == (0.0, 0.0)
    assert curve.flagged(-1) == (1.0, 1.0)


def test_the_threshold_for_a_share_flags_no_more_than_that_of_the_known() -> None:
    known = np.random.default_rng(1).normal(size=400)
    curve = roc(known, known + 2)
    assert curve.flagged(curve.threshold_for(known=0.05)).known == pytest.approx(0.05)
    assert roc([1, 1], [1, 1]).threshold_for(known=0.4) == np.inf


def test_the_interval_is_wider_where_few_patients_stand_behind_the_pictures() -> None:
    chance = np.random.default_rng(2)
    habit = np.repeat(chance.normal(size=20), 15)
    known, unknown = habit + chance.normal(size=300) / 4, chance.normal(size=300) + 1
    few = roc(known, unknown, known_patients=[f"P{i // 15}" for i in range(300)]).auc_interval
    many = roc(known, unknown, known_patients=[f"P{i}" for i in range(300)]).auc_interval
    assert few is not None
    assert many is not None
    assert few.low < few.value < few.high
    assert few.high - few.low > 2 * (many.high - many.low)


def test_without_patients_there_is_no_interval() -> None:
    assert roc([1, 2], [3]).auc_interval is None


@pytest.mark.parametrize(
    ("known", "unknown", "patients", "words"),
    [
        ([], [1], None, "at least one score of known pictures"),
        ([1, 2], [np.nan], None, "unknown pictures, all of them finite"),
        ([1, 2], [1], ["a"], "received 1 and 2"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    known: list[float], unknown: list[float], patients: list[str] | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        roc(known, unknown, known_patients=patients)
