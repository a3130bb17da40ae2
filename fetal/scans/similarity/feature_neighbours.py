"""The pictures that a model sees most alike, in memory that does not grow with their square."""

from collections.abc import Iterable, Iterator
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]

_WHOLE = 4096
"""So many pictures are compared by all their features; they also tell which features matter."""
_KEPT = 256
"""Numbers that are kept of each picture where there are more: their principal components."""
_ROWS = 1024
_COLUMNS = 16_384
"""Pictures that are compared with one another in one step: 64 MB."""


def nearest_pairs(features: Iterable[Features], most: int) -> NDArray[np.int64]:
    """Find for each picture those that a model sees most alike.

    What all pictures have in common says nothing of a likeness: the mean is taken away, and the
    angles between what is left are compared. Up to 4,096 pictures are compared by all their
    features. Of more, the first 4,096 tell the 256 principal components (Pearson 1901), and each
    picture is kept as these, in a temporary file of 512 bytes a picture. All are compared with
    all, in steps: a million take less time than a hundredth of what their features take.

    Args:
        features: float32 (channels,) for each picture, computed as they are needed.
        most: how many are found for each.

    Returns:
        int64 (m, 2): pairs of places, the smaller first, each pair once, in ascending order.
    """
    with TemporaryFile() as file:
        kept = _stored(features, file)
        if len(kept) < 2:
            return np.empty((0, 2), np.int64)
        nearest = np.concatenate(
            [
                _nearest(kept, start, min(most, len(kept) - 1))
                for start in range(0, len(kept), _ROWS)
            ]
        )
    rows = np.repeat(np.arange(len(nearest)), nearest.shape[1])
    pairs = np.stack([rows, nearest.ravel()], axis=1)
    pairs.sort(axis=1)
    return np.unique(pairs, axis=0)


def _stored(features: Iterable[Features], file: IO[bytes]) -> NDArray[np.floating[Any]]:
    """Return directions of length 1: in memory where they are few, else in a file."""
    waiting = iter(features)
    first = np.array(list(islice(waiting, _WHOLE)), np.float32)
    following = next(waiting, None)
    if following is None:
        return _directions(first - first.mean(axis=0)) if len(first) else first
    mean = first.mean(axis=0)
    _, _, axes = np.linalg.svd(first - mean, full_matrices=False)
    axes = np.ascontiguousarray(axes[:_KEPT].T)
    count = 0
    for some in _batches(first, following, waiting):
        _directions((some - mean) @ axes).astype(np.float16).tofile(file)
        count += len(some)
    kept: NDArray[np.float16] = np.memmap(file, np.float16, "r", shape=(count, axes.shape[1]))
    return kept


def _batches(
    first: Features, following: Features, waiting: Iterator[Features]
) -> Iterator[Features]:
    yield first
    yield following[None]
    while some := list(islice(waiting, _ROWS)):
        yield np.array(some, np.float32)


def _directions(apart: Features) -> Features:
    lengths = np.linalg.norm(apart, axis=1, keepdims=True)
    return np.asarray(apart / np.maximum(lengths, 1e-9), np.float32)


def _nearest(kept: NDArray[np.floating[Any]], start: int, most: int) -> NDArray[np.int64]:
    rows = np.asarray(kept[start : start + _ROWS], np.float32)
    own = np.arange(len(rows))
    places = np.empty((len(rows), 0), np.int64)
    cosines = np.empty((len(rows), 0), np.float32)
    for left in range(0, len(kept), _COLUMNS):
        cosine = rows @ np.asarray(kept[left : left + _COLUMNS], np.float32).T
        inside = (own + start >= left) & (own + start < left + cosine.shape[1])
        cosine[own[inside], own[inside] + start - left] = -2
        here = np.argpartition(-cosine, min(most, cosine.shape[1]) - 1, axis=1)[:, :most]
        places = np.concatenate([places, here + left], axis=1)
        cosines = np.concatenate([cosines, np.take_along_axis(cosine, here, axis=1)], axis=1)
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :most]
        places = np.take_along_axis(places, best, axis=1)
        cosines = np.take_along_axis(cosines, best, axis=1)
    return places
