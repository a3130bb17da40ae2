import numpy as np
from numpy.typing import NDArray

from fetal.metrics.labelling.diverse_order import diverse_order

NOTHING = np.empty((0, 8))


def groups(each: int = 6) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Three groups of scans that look nearly the same, the first group the most doubtful."""
    chooser = np.random.default_rng(1)
    centres = np.eye(3, 8)
    features = np.repeat(centres, each, axis=0) + chooser.normal(0, 0.01, (3 * each, 8))
    return features, np.repeat([0.9, 0.6, 0.3], each)


def test_of_scans_that_look_alike_one_comes_first_and_the_others_after_all_groups() -> None:
    features, doubts = groups()
    known = np.ones(len(features), np.bool_)
    order = diverse_order(features, doubts, known, NOTHING, 3)
    assert (order // 6).tolist() == [0, 1, 2]
    assert sorted(diverse_order(features, doubts, known, NOTHING, 99)) == list(range(18))


def test_what_looks_like_the_scans_read_last_comes_late() -> None:
    features, doubts = groups()
    known = np.ones(len(features), np.bool_)
    order = diverse_order(features, doubts, known, np.eye(3, 8)[:1], 2)
    assert (order // 6).tolist() == [1, 2]


def test_without_features_doubt_alone_decides() -> None:
    doubts = np.array([0.2, 0.9, 0.0, 0.9, 0.5])
    known = np.zeros(5, np.bool_)
    assert diverse_order(np.zeros((5, 1)), doubts, known, NOTHING, 5).tolist() == [1, 3, 4, 0, 2]
    # A scan without features keeps its doubt beside copies of one that was chosen.
    features, known = np.zeros((5, 2)), np.array([True, True, True, False, True])
    features[:, 0], features[4] = 1, [0, 1]
    order = diverse_order(features, np.array([0.9, 0.89, 0.88, 0.5, 0.6]), known, NOTHING, 3)
    assert order.tolist() == [0, 4, 3]
