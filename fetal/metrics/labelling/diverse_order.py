"""Doubtful scans in an order in which each is unlike those before it.

The first is the most doubtful; each next one has the largest product of its doubt and its distance
from the nearest scan before it: the farthest-first traversal of Gonzalez (1985, “Clustering to
minimize the maximum intercluster distance”), by which Sener and Savarese (2018, “Active learning
for convolutional neural networks: a core-set approach”) choose what to label, weighted by doubt.
It needs no label and no fit, so that it is quick enough to choose the next scan of a reader;
`label_order` is what a job works out.
"""

import numpy as np
from numpy.typing import NDArray

_UNRELATED = 1.0
"""The distance of two scans that have nothing in common, and of scans that nothing is known of."""

_LEAST_DOUBT = 0.01
"""So much doubt is left of a scan of which a model is certain: distance still tells then."""


def diverse_order(
    features: NDArray[np.floating],
    doubts: NDArray[np.floating],
    known: NDArray[np.bool_],
    read: NDArray[np.floating],
    most: int,
) -> NDArray[np.int64]:
    """Put scans into an order by doubt times distance from what was read and chosen before.

    Distances are 1 minus the cosine between features without their mean, 1 at the most.

    Args:
        features: (n, c), of the scans, from one network; rows of scans without are not read.
        doubts: (n,), 0 (certain) to 1 (not known at all).
        known: bool (n,), which scans have features. Others count as unlike all, so that they come
            by doubt alone.
        read: (m, c), features of the scans that were read last; m may be 0.
        most: how many to put into order, at the most.

    Returns:
        int64 (min(most, n),), rows; of equals, the earlier row first.

    Example:
        >>> features = np.array([[1.0, 0], [1, 0.1], [0, 1]])
        >>> known, nothing = np.ones(3, bool), np.empty((0, 2))
        >>> diverse_order(features, np.array([0.5, 0.49, 0.4]), known, nothing, 3).tolist()
        [0, 2, 1]
    """
    wanted = min(most, len(doubts))
    left = np.maximum(np.asarray(doubts, np.float64), _LEAST_DOUBT)
    nearest = np.full(len(left), _UNRELATED)
    cosines = np.zeros((len(left), len(left)), np.float32)
    rows = np.flatnonzero(known)
    if len(rows):
        directions, before = _directions(features[rows], read)
        cosines[np.ix_(rows, rows)] = directions @ directions.T
        if len(before):
            nearest[rows] = np.minimum(_UNRELATED, 1 - (directions @ before.T).max(axis=1))
    # What lies on what was read still comes by its doubt, behind all others.
    order = np.empty(wanted, np.int64)
    for place in range(wanted):
        chosen = int((left * np.maximum(nearest, 1e-6)).argmax())
        order[place], left[chosen] = chosen, -1.0
        if known[chosen]:
            nearest = np.minimum(nearest, 1 - cosines[chosen])
    return order


def _directions(
    features: NDArray[np.floating], read: NDArray[np.floating]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Unit vectors of both, without what all of them have in common."""
    every = np.asarray(features, np.float32)
    if len(read):
        every = np.concatenate([every, np.asarray(read, np.float32)])
    every = every - every.mean(axis=0)
    every /= np.maximum(np.linalg.norm(every, axis=1, keepdims=True), 1e-9)
    return every[: len(features)], every[len(features) :]
