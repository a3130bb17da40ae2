"""Text, scales and marks at the margin that no edge of a sector cuts off."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box
from fetal.scans.sector.components import connected_components, labelled

_BRIGHTER = 25
_LINE_HEIGHT = 0.05
_LINE_WIDTH = 0.25
_MARK_WIDTH = 0.04
_BAR_MIDDLE = 0.06
_BAR_HEIGHT = 0.08
_BAR_SOLID = 0.8
_FLAT_SHARE = 0.4
_BLACK = 6
_BLACK_SHARE = 0.9

BAR_WIDTH = 0.06
"""Share of the picture's width below which a solid piece is a grey bar or a pictogram."""


def is_panel(whole: NDArray[np.uint8], part: NDArray[np.bool_], level: float) -> bool:
    """Tell a table of measurements, which stands on one flat grey, from tissue.

    Args:
        whole: uint8 (h, w), the grey levels, rounded.
        part: bool (h, w), the connected piece that is asked about.
        level: where tissue begins; a flat ground this dark is the floor of tissue.
    """
    left, top, wide, tall = cv2.boundingRect(part.view(np.uint8))
    place = np.s_[top : top + tall, left : left + wide]
    levels, within = np.ascontiguousarray(whole[place]), np.ascontiguousarray(part[place])
    counts = cv2.calcHist([levels], [0], within.view(np.uint8), [256], [0, 256]).ravel()
    commonest = int(counts.argmax())
    flat = int(counts[commonest]) > _FLAT_SHARE * int(np.count_nonzero(within))
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
    """Return whether text stands where machines write, rather than on the tissue it is about.

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
    # What reaches further in than a strip is too wide, or has its middle too far in.
    strip = int((_BAR_MIDDLE + _MARK_WIDTH) * width) + 3
    if 2 * strip >= width:
        return _upright(bright, 0, bright.shape)
    bars[:, :strip] = _upright(bright[:, :strip], 0, bright.shape)
    bars[:, -strip:] = _upright(bright[:, -strip:], width - strip, bright.shape)
    return bars


def _upright(part: NDArray[np.bool_], first: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Find solid upright bars whose middle lies at the picture's side.

    Args:
        part: bool (h, n), columns of a mask.
        first: the number of the first of them.
        shape: the height and the width of the mask.

    Returns:
        bool (h, n), true on the bars.
    """
    height, width = shape
    bars = np.zeros(part.shape, np.bool_)
    least = max(1, _BAR_SOLID * _BAR_HEIGHT * height)
    if np.count_nonzero(part) < least:
        return bars
    labels, areas = labelled(np.ascontiguousarray(part), least)
    for label in np.flatnonzero(areas >= least):
        piece = labels == label
        _, _, wide, tall = cv2.boundingRect(piece.view(np.uint8))
        if areas[label] < _BAR_SOLID * wide * tall or tall < 2 * wide:
            continue
        if wide > _MARK_WIDTH * width or tall < _BAR_HEIGHT * height:
            continue
        across = float((np.flatnonzero(piece) % part.shape[1] + first).mean()) / width
        if not _BAR_MIDDLE <= across <= 1 - _BAR_MIDDLE:
            bars |= piece
    return bars
