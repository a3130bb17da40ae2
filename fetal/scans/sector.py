"""The part of the screen that the ultrasound fills, found from the pixels."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

_WORKING_SIDE = 320
_DARKEST_TISSUE = 6
_SMALLEST_SHARE = 0.08


class Box(NamedTuple):
    """A rectangle of pixels; right and bottom lie just outside it, as in slices."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Sector:
    """What `find_sector` found.

    Args:
        mask: bool (H, W), true where the ultrasound is.
        box: the smallest rectangle around the mask.
        found: false where no sector was told from the rest; the mask is then the whole picture.
    """

    mask: NDArray[np.bool_]
    box: Box
    found: bool


def find_sector(pixels: NDArray[np.uint8]) -> Sector:
    """Find the fan or rectangle that the ultrasound fills.

    The search runs on a reduced copy: what is brighter than the screen's black is opened, so that
    text, scales and the grey bar fall apart, and the convex hull of the largest piece that is left
    is the sector. Real sectors are convex but for the arc under a curved probe.

    Args:
        pixels: uint8 (H, W), grey.

    Returns:
        The sector, or the whole picture with `found` false when nothing on it looks like one.
    """
    height, width = pixels.shape
    scale = min(1.0, _WORKING_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    bright = (cv2.medianBlur(small, 3) >= _DARKEST_TISSUE).astype(np.uint8)
    opened = cv2.morphologyEx(
        bright, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return _whole(height, width)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    points = cv2.findNonZero((labels == largest).astype(np.uint8))
    hull = cv2.convexHull(points)
    if cv2.contourArea(hull) < _SMALLEST_SHARE * small.size:
        return _whole(height, width)
    outline = np.zeros(small.shape, np.uint8)
    cv2.fillConvexPoly(outline, hull, 255)
    mask = cv2.resize(outline, (width, height), interpolation=cv2.INTER_LINEAR) >= 128
    return Sector(mask, bounding_box(mask), True)


def bounding_box(mask: NDArray[np.bool_]) -> Box:
    """The smallest box around the true pixels of a mask that has some.

    Args:
        mask: bool (H, W).

    Returns:
        The box.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _whole(height: int, width: int) -> Sector:
    return Sector(np.ones((height, width), np.bool_), Box(0, 0, width, height), False)
