"""Text, scales and marks at the margin that no edge of a sector cuts off."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box

_BRIGHTER = 25
_LINE_HEIGHT = 0.05
_LINE_WIDTH = 0.25
_MARK_WIDTH = 0.04
_FLAT_SHARE = 0.4
_BLACK = 6
_BLACK_SHARE = 0.9

BAR_WIDTH = 0.06
"""Share of the picture's width below which a solid piece is a grey bar or a pictogram."""


def is_panel(levels: NDArray[np.float32], level: float) -> bool:
    """Tell a table of measurements, which stands on one flat grey, from tissue.

    Args:
        levels: float32 (n,), the grey levels of one connected piece.
        level: where tissue begins; a flat ground this dark is the floor of tissue.
    """
    counts = np.bincount(np.rint(levels).astype(np.intp))
    commonest = int(counts.argmax())
    return bool(counts[commonest] > _FLAT_SHARE * levels.size and commonest > level + 20)


def lettering_beside(
    small: NDArray[np.float32], hull: NDArray[np.float64], screen: float
) -> NDArray[np.uint8]:
    """Find what looks like lettering near the picture's border and outside the tissue's hull.

    Args:
        small: float32 (h, w), the reduced picture.
        hull: float64 (n, 2), the convex hull of the tissue.
        screen: the screen's own grey level.

    Returns:
        uint8 (h, w), 1 on lettering and a narrow rim around it.
    """
    height, width = small.shape
    within = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(within, np.rint(hull).astype(np.int32), 1)
    tissue = cv2.dilate(within, np.ones((5, 5), np.uint8))
    bright = small > screen + _BRIGHTER
    letters = _lines_of_text(bright & (tissue == 0)) | _grey_bars(bright)
    return np.asarray(cv2.dilate(letters.astype(np.uint8), np.ones((9, 9), np.uint8)), np.uint8)


def stands_at_margin(box: Box, pixels: NDArray[np.uint8], screen: float) -> bool:
    """Tell whether writing stands where machines write, rather than on the tissue that it is about.

    Args:
        box: the writing.
        pixels: uint8 (H, W), the picture.
        screen: the screen's own grey level.
    """
    height, width = pixels.shape
    across = (box.left + box.right) / 2 / width
    down = (box.top + box.bottom) / 2 / height
    edge = min(across, 1 - across)
    # Lower down and further in, it may be a calliper on a bone that a person has to see.
    if edge < 0.08 or (down < 0.15 and edge < 0.3) or (down < 0.4 and edge < 0.14):
        return True
    part = pixels[box.place]
    around = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    outer = edge < 0.3 or min(down, 1 - down) < 0.15
    return outer and bool((around <= screen + _BLACK).mean() >= _BLACK_SHARE)


def _lines_of_text(bright: NDArray[np.bool_]) -> NDArray[np.bool_]:
    height, width = bright.shape
    joined = cv2.morphologyEx(bright.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, 7), np.uint8))
    _, labels, stats, centres = cv2.connectedComponentsWithStats(joined)
    across, down = centres[:, 0] / width, centres[:, 1] / height
    at_side = (across < 0.08) | (across > 0.92)
    in_corner = (down < 0.4) & ((across < 0.3) | (across > 0.7))
    tall = stats[:, cv2.CC_STAT_HEIGHT]
    # Frame counters in the upper right are written larger, two lines close together.
    low = (tall <= _LINE_HEIGHT * height) | (
        (tall <= 2 * _LINE_HEIGHT * height) & (across > 0.8) & (down < 0.15)
    )
    short = stats[:, cv2.CC_STAT_WIDTH] <= _LINE_WIDTH * width
    narrow = stats[:, cv2.CC_STAT_WIDTH] <= _MARK_WIDTH * width
    letters = (low & short & (in_corner | at_side)) | (narrow & at_side)
    letters[0] = False
    return np.asarray(letters[labels], np.bool_)


def _grey_bars(bright: NDArray[np.bool_]) -> NDArray[np.bool_]:
    height, width = bright.shape
    _, labels, stats, centres = cv2.connectedComponentsWithStats(bright.astype(np.uint8))
    across = centres[:, 0] / width
    wide, tall = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    solid = stats[:, cv2.CC_STAT_AREA] >= 0.8 * wide * tall
    upright = (wide <= _MARK_WIDTH * width) & (tall >= 0.08 * height) & (tall >= 2 * wide)
    bars = solid & upright & ((across < 0.06) | (across > 0.94))
    bars[0] = False
    return np.asarray(bars[labels], np.bool_)
