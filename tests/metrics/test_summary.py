"""Figures of a model: right where they can be worked out by hand, wide where patients are few."""

import numpy as np
import pytest

from fetal.metrics import Evaluation, Interval, evaluate
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


def test_a_card_of_a_time_with_fewer_figures_can_be_read() -> None:
    written = evaluate([0, 1, 2, 2], CERTAIN[[0, 1, 2, 0]], ["a", "b", "c", "d"]).to_json()
    for name in ("ece_interval", "brier_interval", "confusion_shares"):
        del written[name]
    for figures in written["per_plane"].values():
        del figures["auc"]
    read = Evaluation.from_json(written)
    assert read.accuracy.value == 0.75
    assert read.ece_interval is None
    assert read.per_plane[Plane.BRAIN].auc is None


def test_the_area_of_a_plane_is_the_share_of_pairs_in_order() -> None:
    chances = np.zeros((4, 6))
    chances[:, 0] = [0.9, 0.4, 0.4, 0.1]
    chances[:, 1] = 1 - chances[:, 0]
    result = evaluate([0, 0, 1, 1], chances, ["a", "b", "c", "d"])
    for plane in (Plane.BRAIN, Plane.ABDOMEN):
        auc = result.per_plane[plane].auc
        assert auc is not None
        assert auc.value == pytest.approx(3.5 / 4)


def test_the_interval_of_an_area_holds_what_drawing_the_patients_by_hand_gives() -> None:
    chance = np.random.default_rng(0)
    labels = chance.integers(0, 2, 200)
    score = np.clip(0.5 + 0.15 * (2 * labels - 1) + chance.normal(0, 0.2, 200), 0, 1)
    chances = np.zeros((200, 6))
    chances[:, 0], chances[:, 1] = 1 - score, score
    owner = np.arange(200) // 4

    def drawn() -> float:
        rows = np.concatenate([np.flatnonzero(owner == p) for p in chance.integers(0, 50, 50)])
        return pairs_in_order(score[rows], labels[rows] == 1)

    low, high = np.percentile([drawn() for _ in range(400)], [2.5, 97.5])
    auc = evaluate(labels, chances, [f"P{i}" for i in owner]).per_plane[Plane.ABDOMEN].auc
    assert auc is not None
    assert auc.value == pytest.approx(pairs_in_order(score, labels == 1))
    assert (auc.low, auc.high) == pytest.approx((low, high), abs=0.015)


def pairs_in_order(score: np.ndarray, positive: np.ndarray) -> float:
    gaps = score[positive][:, None] - score[~positive][None]
    return float(np.mean((gaps > 0) + 0.5 * (gaps == 0)))


def test_one_plane_alone_has_no_area() -> None:
    assert evaluate([0, 0], CERTAIN[[0, 1]], ["a", "b"]).per_plane[Plane.BRAIN].auc is None


def test_confusions_are_shares_of_their_row_with_intervals() -> None:
    labels = np.repeat([0, 1], 50)
    guesses = np.where(np.arange(100) % 10 == 0, 1 - labels, labels)
    result = evaluate(labels, CERTAIN[guesses], [str(i) for i in range(100)])
    shares = result.confusion_shares
    assert shares is not None
    brains = shares[0]
    assert brains is not None
    wrong = brains[1]
    assert wrong.value == pytest.approx(0.1)
    assert wrong.low < 0.1 < wrong.high
    assert brains[2] == Interval(0, 0, 0)
    assert shares[5] is None


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="received 2, 1 and 2"):
        evaluate([0, 1], CERTAIN[[0]], ["a", "b"])
