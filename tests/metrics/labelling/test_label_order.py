import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.metrics.labelling.feature_heads import TooFewLabelsError
from fetal.metrics.labelling.label_order import label_order, typical
from fetal.metrics.labelling.learning_curve import learning_curve

Labelled = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Features of scans, and their planes."""


@pytest.fixture
def planes() -> Labelled:
    """Features and planes of 150 scans: 100, 40 and 10 of three planes."""
    classes = np.repeat([0, 1, 2], [100, 40, 10])
    random = np.random.default_rng(3)
    return random.normal(size=(150, 12)) + 4 * np.eye(3, 12)[classes], classes


def test_rare_planes_and_doubt_come_first(planes: Labelled) -> None:
    features, classes = planes
    labelled = np.array([0, 1, 2, 3, 4, 5, 100, 101])
    left = np.setdiff1d(np.arange(150), labelled)
    order = label_order(features, classes, labelled, left, 12)
    assert len(order) == len(set(order.tolist())) == 12
    assert set(order.tolist()) <= set(left.tolist())
    at_random = 12 * 10 / len(left)
    assert (classes[order] == 2).sum() > 2 * at_random
    np.testing.assert_array_equal(order, label_order(features, classes, labelled, left, 12))


def test_without_labels_one_typical_scan_of_each_group_comes_first() -> None:
    groups = np.arange(150) % 3
    features = np.random.default_rng(3).normal(size=(150, 12)) + 9 * np.eye(3, 12)[groups]
    nothing = np.empty(0, np.int64)
    classes = np.zeros(150, np.int64)
    first = label_order(features, classes, nothing, np.arange(150), 3)
    assert sorted(groups[first]) == [0, 1, 2]
    assert label_order(features, classes, nothing, nothing, 5).size == 0
    assert label_order(features, classes, nothing, np.array([7]), 5).tolist() == [7]


def test_points_that_lie_on_one_another_are_each_given_once() -> None:
    assert sorted(typical(np.zeros((4, 2)), 4)) == [0, 1, 2, 3]


def test_the_curve_rises_and_its_forecast_holds_what_is_held_back() -> None:
    random = np.random.default_rng(5)
    classes = random.integers(0, 3, 260)
    features = random.normal(size=(260, 20)) + 1.6 * np.eye(3, 20)[classes]
    patients = [str(number // 2) for number in range(260)]
    curve = learning_curve(features[:120], classes[:120], patients[:120])
    assert curve.right[-1] > curve.right[0]
    assert curve.sizes[-1] == pytest.approx(0.8 * 120)
    gain = curve.forecast(120).gain
    assert gain.low < gain.value < gain.high
    assert gain.value > curve.forecast(10).gain.value > 0
    more = learning_curve(features[:240], classes[:240], patients[:240])
    assert gain.low <= more.right[-1] - curve.right[-1] <= gain.high


def test_too_few_labels_for_a_curve_are_said(planes: Labelled) -> None:
    features, classes = planes
    with pytest.raises(TooFewLabelsError, match="at least 40 labelled scans"):
        learning_curve(features[:20], classes[:20], ["a", "b"] * 10)
