"""Frames of no plane, made of scans of planes: what an examination shows most of the time.

No data set holds enough of them, and a network that has seen planes only is sure of every frame
(Hendrycks et al. 2019, “Deep Anomaly Detection with Outlier Exposure”).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

_SIDE = (0.18, 0.35)
"""The side of a corner, as a share of the scan's."""

_FILLED = 0.7
"""The share of a corner that must be tissue."""

_TRIES = 12


def make_fragment(frame: Grey, other: Grey, chance: np.random.Generator) -> Grey:
    """Turn a framed scan into a frame that shows no plane any more.

    Half of them are a corner of the scan, three to five times enlarged, without its middle; the
    others are halves of two planes that pass into each other.

    Args:
        frame: uint8, (rows, columns).
        other: A scan of another plane, of the same shape.
        chance: Where the draws come from; the same state gives the same picture.

    Returns:
        uint8, (rows, columns).
    """
    if chance.random() < 0.5:
        corner = _corner(frame, chance)
        if corner is not None:
            return corner
    return _halves(frame, other, chance)


def _corner(frame: Grey, chance: np.random.Generator) -> Grey | None:
    """A corner that is full of tissue; None where none was found."""
    shape = np.array(frame.shape)
    for _ in range(_TRIES):
        share = chance.uniform(*_SIDE)
        middle = chance.uniform(share / 2, 1 - share / 2, 2)
        if np.abs(middle - 0.5).max() < share / 2 + 0.05:
            continue
        top, left = ((middle - share / 2) * shape).astype(int)
        rows, columns = np.maximum((share * shape).astype(int), 4)
        corner = frame[top : top + rows, left : left + columns]
        if np.count_nonzero(corner) >= _FILLED * corner.size:
            enlarged = cv2.resize(corner, frame.shape[::-1], interpolation=cv2.INTER_CUBIC)
            return np.asarray(enlarged, dtype=np.uint8)
    return None


def _halves(frame: Grey, other: Grey, chance: np.random.Generator) -> Grey:
    """One half of each scan, along a line near the middle, sharp or soft."""
    rows, columns = frame.shape
    angle = chance.uniform(0, 2 * np.pi)
    offset = chance.uniform(-0.1, 0.1)
    width = chance.uniform(0.01, 0.12)
    across = np.linspace(-0.5, 0.5, columns, dtype=np.float32) * np.cos(angle)
    down = np.linspace(-0.5, 0.5, rows, dtype=np.float32) * np.sin(angle)
    place = across.astype(np.float32) + down.astype(np.float32)[:, None] - np.float32(offset)
    share = np.clip(place / np.float32(width) + np.float32(0.5), 0, 1)
    mixed = cv2.blendLinear(frame, np.ascontiguousarray(other), share, 1 - share)
    return np.asarray(mixed, dtype=np.uint8)
