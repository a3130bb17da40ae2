"""Text, scales and marks at the margin that no edge of a sector cuts off."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box
from fetal.scans.sector.components import connected_components

_BRIGHTER = 25
_LINE_HEIGHT = 0.05
_LINE_WIDTH = 0.25
_MARK_WIDTH = 0.04
_BAR_MIDDLE = 0.06
_FLAT_SHARE = 0.4
_BLACK = 6
_BLACK_SHARE = 0.9

BAR_WIDTH = 0.06
"""Share of the picture's width below which a solid piece is a grey bar or a pictogram."""


def is_panel(solid: NDArray[np.float32], part: NDArray[np.bool_], level: float) -> bool:
    """Tell a table of measurements, which stands on one flat grey, from tissue.

    Args:
        solid: float32 (h, w), the grey levels, 0 to 255.
        part: bool (h, w), the connected piece that is asked about.
        level: where tissue begins; a flat ground this dark is the floor of tissue.
    """
    whole = cv2.convertScaleAbs(solid)
    counts = cv2.calcHist([whole], [0], part.view(np.uint8), [256], [0, 256]).ravel()
    commonest = int(counts.argmax())
    flat = int(counts[commonest]) > _FLAT_SHARE * np.count_nonzero(part)
    return flat and commonest > level + 20


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
    if not letters.any():
        return np.zeros((height, width), np.uint8)
    return np.asarray(cv2.dilate(letters.view(np.uint8), np.ones((9, 9), np.uint8)), np.uint8)


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
    if not bright.any():
        return bright
    joined = cv2.morphologyEx(bright.view(np.uint8), cv2.MORPH_CLOSE, np.ones((1, 7), np.uint8))
    pieces = connected_components(joined.view(np.bool_))
    across, down = pieces.mean_columns() / width, pieces.mean_rows() / height
    at_side = (across < 0.08) | (across > 0.92)
    in_corner = (down < 0.4) & ((across < 0.3) | (across > 0.7))
    # Frame counters in the upper right are written larger, two lines close together.
    low = (pieces.heights <= _LINE_HEIGHT * height) | (
        (pieces.heights <= 2 * _LINE_HEIGHT * height) & (across > 0.8) & (down < 0.15)
    )
    short = pieces.widths <= _LINE_WIDTH * width
    narrow = pieces.widths <= _MARK_WIDTH * width
    return pieces.drawn((low & short & (in_corner | at_side)) | (narrow & at_side))


def _grey_bars(bright: NDArray[np.bool_]) -> NDArray[np.bool_]:
    bars = np.zeros_like(bright)
    width = bright.shape[1]
    # What reaches further in than this is too wide, or has its middle too far in.
    strip = int((_BAR_MIDDLE + _MARK_WIDTH) * width) + 3
    for place in (np.s_[:, :strip], np.s_[:, max(0, width - strip) :]):
        bars[place] |= _upright(bright[place], place[1].start or 0, bright.shape)
    return bars


def _upright(strip: NDArray[np.bool_], first: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which pixels of a strip belong to a solid bar whose middle lies at the picture's side."""
    height, width = shape
    if np.count_nonzero(strip) < 0.8 * 0.08 * height:
        return np.zeros_like(strip)
    pieces = connected_components(strip)
    wide, tall = pieces.widths, pieces.heights
    across = pieces.mean_columns(first) / width
    solid = pieces.areas >= 0.8 * wide * tall
    upright = (wide <= _MARK_WIDTH * width) & (tall >= 0.08 * height) & (tall >= 2 * wide)
    at_side = (across < _BAR_MIDDLE) | (across > 1 - _BAR_MIDDLE)
    return pieces.drawn(solid & upright & at_side)
