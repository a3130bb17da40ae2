"""The part of the screen that the ultrasound fills, found from the pixels.

A sector is convex (but for the arc under a curved probe) and bounded by straight sides and a wide
arc, beyond which the screen is flat and black. Within it there may be shadow as black as the
screen, so brightness alone cannot tell. The search therefore takes the convex hull of what is
brighter than the screen, keeps those edges of the hull that have tissue along them and flat screen
beyond, and lets the sector reach to the picture's own edges wherever no such edge was seen.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box, bounding_box
from fetal.scans.sector.bright_tissue import ReducedPicture
from fetal.scans.sector.gray_bars import find_bars
from fetal.scans.sector.margin_text import lettering_beside, stands_at_margin
from fetal.scans.sector.reading import STEPS, Reading, Search
from fetal.scans.sector.text_strokes import find_writing

_WORKING_SIDE = 480
_NARROW_TOP = 0.35
_FILLS_PICTURE = 0.93
_SMALLEST_SHARE = 0.05
_OVER = 0.5
"""Share of a box in the sector from which on what it holds is written over the ultrasound."""


@dataclass(frozen=True, slots=True)
class Sector:
    """What `find_sector` found.

    Args:
        mask: bool (H, W), true where the ultrasound is.
        box: the smallest rectangle around the mask.
        found: false where no edge of a sector was seen; the mask is then the whole picture but for
            lettering at its margin.
        outline: float64 (n, 2), the corners of the convex polygon that was filled, as (x, y) in
            pixels, where (0, 0) is the middle of the first one. The mask is this polygon without
            the lettering that reaches into it.
        writing: boxes around all that is written anywhere on the picture, but for grey bars.
    """

    mask: NDArray[np.bool_]
    box: Box
    found: bool
    outline: NDArray[np.float64]
    writing: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """A search for the sector, and what makes the next one of the same picture faster.

    Attributes:
        sector: what was found.
        search: what was measured for it.
    """

    sector: Sector
    search: Search


def find_sector(pixels: NDArray[np.uint8]) -> Sector:
    """Find the fan or rectangle that the ultrasound fills.

    Args:
        pixels: uint8 (H, W), grey.

    Returns:
        The sector, or the whole picture with `found` false when nothing on it looks like one.

    Example:
        >>> screen = np.zeros((200, 300), np.uint8)
        >>> screen[20:180, 50:250] = 90
        >>> find_sector(screen).found
        True
    """
    return look_for_sector(pixels).sector


def look_for_sector(pixels: NDArray[np.uint8], before: Look | None = None) -> Look:
    """Find the sector as `find_sector` does, with what is known from before some was blanked.

    Args:
        pixels: uint8 (H, W), grey.
        before: the search of the same picture before some of its pixels became 0, and none changed
            otherwise; if None, nothing is known.

    Returns:
        The same sector as without `before`, and what was measured.
    """
    scale = min(1.0, _WORKING_SIDE / max(pixels.shape))
    picture = ReducedPicture(_reduced(pixels, scale))
    search = Search(picture, before.search if before else None)
    return Look(_sector(pixels, picture, search.best, scale), search)


def _sector(
    pixels: NDArray[np.uint8], picture: ReducedPicture, reading: Reading | None, scale: float
) -> Sector:
    height, width = pixels.shape
    small, screen = picture.small, picture.screen
    outline = None if reading is None else _outline(reading, small, screen)
    writing = find_writing(pixels)
    if reading is None or outline is None or len(outline) < 3:
        return _whole(pixels, screen, writing)
    mask = np.zeros((height, width), np.uint8)
    corners = (outline + 0.5) / scale - 0.5
    cv2.fillConvexPoly(mask, np.rint(corners * 16).astype(np.int32), 1, cv2.LINE_8, 4)
    letters = lettering_beside(small, reading.hull, screen)
    if letters.any():
        mask[cv2.resize(letters, (width, height), interpolation=cv2.INTER_NEAREST) > 0] = 0
    if np.count_nonzero(mask) < _SMALLEST_SHARE * mask.size:
        return _whole(pixels, screen, writing)
    inside = _without_margin(mask.view(np.bool_), pixels, screen, writing)
    filled = cv2.contourArea(reading.hull.astype(np.float32)) > _FILLS_PICTURE * small.size
    found = bool(reading.edges) or filled
    return Sector(inside, bounding_box(inside), found, corners, writing)


def stored_sector(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The sector of a scan that is already blank outside of it, such as a stored one.

    It is the convex hull of what is lit: shadows inside stay in, although they may be as black as
    the screen beyond. It takes no search, as `find_sector` does.

    Args:
        pixels: uint8 (H, W), 0 outside the sector.

    Returns:
        bool (H, W), true where the ultrasound is.

    Example:
        >>> scan = np.zeros((4, 5), np.uint8)
        >>> scan[1, 1] = scan[1, 3] = scan[3, 3] = scan[3, 1] = 90
        >>> stored_sector(scan).sum()
        np.int64(9)
    """
    lit = pixels > 0
    rows = np.flatnonzero(lit.any(axis=1))
    inside = np.zeros(pixels.shape, np.uint8)
    if rows.size:
        first = lit[rows].argmax(axis=1)
        last = pixels.shape[1] - 1 - lit[rows, ::-1].argmax(axis=1)
        ends = np.concatenate([np.stack([first, rows], 1), np.stack([last, rows], 1)])
        cv2.fillConvexPoly(inside, cv2.convexHull(ends.astype(np.int32)), 1)
    return inside.astype(np.bool_)


def _reduced(pixels: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
    height, width = pixels.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Float, since tissue and screen may lie less than one grey level apart.
    small = cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.medianBlur(small, 3), np.float32)


def _outline(reading: Reading, small: NDArray[np.float32], screen: float) -> NDArray[np.float64]:
    bottom, right = small.shape[0] - 0.5, small.shape[1] - 0.5
    outline = np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]])
    for edge in reading.edges:
        outline = _cut(outline, edge.normal, edge.offset + 0.5)
    top_row = outline[outline[:, 1] <= 0, 0]
    if top_row.size == 0 or np.ptp(top_row) < _NARROW_TOP * small.shape[1]:
        # The sides of a fan would meet in the apex, above the probe: stop at the first tissue.
        top = min(float(reading.hull[:, 1].min()), _first_lit_row(outline, small, screen))
        outline = _cut(outline, np.array([0.0, -1.0]), 1.0 - top)
    return outline


def _first_lit_row(
    outline: NDArray[np.float64], small: NDArray[np.float32], screen: float
) -> float:
    within = np.zeros(small.shape, np.uint8)
    cv2.fillConvexPoly(within, np.rint(outline).astype(np.int32), 1)
    across = within.sum(axis=1)
    lit = ((small > screen + STEPS[0]) & (within > 0)).sum(axis=1)
    rows = np.flatnonzero((across >= 0.12 * small.shape[1]) & (lit >= 0.5 * across))
    return float(rows[0]) if rows.size else float(small.shape[0])


def _cut(
    polygon: NDArray[np.float64], normal: NDArray[np.float64], offset: float
) -> NDArray[np.float64]:
    # Sutherland and Hodgman (1974), for one straight line.
    kept = []
    beyond = polygon @ normal - offset
    for here in range(len(polygon)):
        there = (here + 1) % len(polygon)
        if beyond[here] <= 0:
            kept.append(polygon[here])
        if (beyond[here] < 0) != (beyond[there] < 0):
            share = beyond[here] / (beyond[here] - beyond[there])
            kept.append(polygon[here] + (polygon[there] - polygon[here]) * share)
    return np.array(kept, np.float64).reshape(-1, 2)


def _without_margin(
    mask: NDArray[np.bool_], pixels: NDArray[np.uint8], screen: float, writing: tuple[Box, ...]
) -> NDArray[np.bool_]:
    """Take what the machine writes at the margin out of a mask, over tissue or not."""
    for box in writing:
        beside = mask[box.place].mean() < _OVER
        if beside or stands_at_margin(box, pixels, screen):
            mask[box.place] = False
    for bar in find_bars(pixels):
        mask[bar.place] = False
    return mask


def _whole(pixels: NDArray[np.uint8], screen: float, writing: tuple[Box, ...]) -> Sector:
    height, width = pixels.shape
    right, bottom = width - 0.5, height - 0.5
    outline = np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]])
    mask = _without_margin(np.ones((height, width), np.bool_), pixels, screen, writing)
    return Sector(mask, Box(0, 0, width, height), False, outline, writing)
