"""Where marked pixels lie close together in several masks at once, at half the size.

The answer is exactly that of halving each mask (`cv2.resize` with `INTER_AREA`), averaging it over
a square (`cv2.boxFilter`) and comparing the average. But OpenCV halves an odd number of pixels
slowly, and few pixels are marked. So an estimate comes first that can only be too high, and only
what it leaves open is halved, by the sums that OpenCV adds up, in its order.
"""

from collections.abc import Iterable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

_REACH = 7
_DENSE = 0.02
"""Share of marked pixels, in a square of `_REACH` halved ones, from which on they are dense."""
_WIDER = 9
"""Side of the square that holds every pixel that counts in a square of `_REACH`."""
_FIVE = 300
_SMALLEST = 80
"""Shorter sides are halved by so much less that the estimate could be too low."""
_SLIVER = 1e-3
"""OpenCV leaves out a pixel of which less than this is covered."""

Grey = NDArray[np.uint8]
Indices = NDArray[np.intp]
Weights = NDArray[np.float32]


def dense_in_all(masks: Iterable[Grey]) -> Grey:
    """Find where the marked pixels of every mask are dense.

    Args:
        masks: uint8 (H, W) each, 255 on marked pixels and 0 elsewhere; at least one.

    Returns:
        uint8 ((H + 1) // 2, (W + 1) // 2), 1 where they are dense in all masks.
    """
    looked_at: list[Grey] = []
    near: Grey | None = None
    for mask in masks:
        looked_at.append(mask)
        found = _is_dense(_halved(mask)) if _is_fast(mask) else _may_be_dense(mask)
        near = found if near is None else near & found
        if not near.any():
            return near
    if near is None:
        raise ValueError("There has to be a mask.")
    if _is_fast(looked_at[0]):
        return near
    around = cv2.dilate(near, np.ones((_REACH, _REACH), np.uint8))
    covered = _Covered(np.flatnonzero(around.view(np.bool_)), looked_at[0].shape)
    share = np.zeros(near.shape, np.uint8)
    for mask in looked_at:
        share.ravel()[covered.places] = covered.halved(mask)
        near &= _is_dense(share)
    return near


def _is_fast(mask: Grey) -> bool:
    """Whether OpenCV halves a mask fast, or it is small."""
    height, width = mask.shape
    return not (height % 2 or width % 2) or min(height, width) < _SMALLEST


def _halved(mask: Grey) -> Grey:
    size = ((mask.shape[1] + 1) // 2, (mask.shape[0] + 1) // 2)
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)


def _is_dense(share: Grey) -> Grey:
    mean = cv2.boxFilter(share, -1, (_REACH, _REACH))
    return np.asarray(cv2.threshold(mean, 255 * _DENSE, 1, cv2.THRESH_BINARY)[1], np.uint8)


def _may_be_dense(mask: Grey) -> Grey:
    """Where at least five pixels are marked that count in a square.

    A square is dense from a sum of 270 on. To that a marked pixel adds at most 67: a quarter of
    255, a little more since an odd number is not quite halved, and 2 for rounding.
    """
    height, width = mask.shape
    even = cv2.copyMakeBorder(mask, 0, height % 2, 0, width % 2, cv2.BORDER_CONSTANT, value=0)
    fours = _halved(np.asarray(even, np.uint8))
    total = cv2.boxFilter(fours, cv2.CV_16U, (_WIDER, _WIDER), normalize=False)
    # Five marked pixels make 319 and more, four make 256 at the most.
    return np.asarray(total > _FIVE, np.bool_).view(np.uint8)


class _Covered:
    """Some pixels of a halved mask, with the pixels of the mask that each of them covers.

    Args:
        places: intp (n,), the pixels of the halved mask, counted row by row.
        shape: height and width of the mask.
    """

    def __init__(self, places: Indices, shape: tuple[int, ...]) -> None:
        height, width = shape
        rows, columns = np.divmod(places, (width + 1) // 2)
        down, across = _taps(height), _taps(width)
        self.places = places
        self._rows = [(first[rows] * width, weight[rows]) for first, weight in down]
        self._columns = [(first[columns], weight[columns]) for first, weight in across]

    def halved(self, mask: Grey) -> Grey:
        """The halved mask at these pixels, uint8 (n,)."""
        flat = mask.ravel()
        total = np.zeros(self.places.size, np.float32)
        for start, weight in self._rows:
            line = np.zeros(self.places.size, np.float32)
            for column, share in self._columns:
                line += flat[start + column] * share
            total += weight * line
        return np.rint(total).astype(np.uint8)


@lru_cache(maxsize=64)
def _taps(size: int) -> list[tuple[Indices, Weights]]:
    """Which of so many pixels each halved one covers, one, two and three after another.

    As OpenCV's `computeResizeAreaTab` reckons them (modules/imgproc/src/resize.cpp).

    Returns:
        Three pairs: intp (n,), the pixel; float32 (n,), its share in the mean.
    """
    half = (size + 1) // 2
    scale = 1 / (half / size)
    start = np.arange(half) * scale
    cell = np.minimum(scale, size - start)
    end = start + scale
    last = np.minimum(np.floor(end), size - 1)
    first = np.minimum(np.ceil(start), last)
    before, after = first - start, end - last
    pairs = []
    for at in first + np.arange(3)[:, None] - size % 2:
        share = np.where((at >= first) & (at < last), 1.0, 0.0)
        share = np.where((at == first - 1) & (before > _SLIVER), before, share)
        rest = np.minimum(np.minimum(after, 1.0), cell)
        share = np.where((at == last) & (after > _SLIVER), rest, share)
        pairs.append((at.clip(0, size - 1).astype(np.intp), (share / cell).astype(np.float32)))
    return pairs
