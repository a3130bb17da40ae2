"""The part of the screen that the ultrasound fills, found from the pixels.

A sector is convex (but for the arc under a curved probe) and bounded by straight sides and a wide
arc, beyond which the screen is flat and black. Within it there may be shadow as black as the
screen, so brightness alone cannot tell. The search therefore takes the convex hull of what is
brighter than the screen, keeps those edges of the hull that have tissue along them and flat screen
beyond, and lets the sector reach to the picture's own edges wherever no such edge was seen.
"""

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box, bounding_box
from fetal.scans.sector.components import labelled, width_of
from fetal.scans.sector.edges import Edge, Surroundings, hull_points, seen_edges
from fetal.scans.sector.gray_bars import find_bars
from fetal.scans.sector.margin_text import BAR_WIDTH, is_panel, lettering_beside, stands_at_margin
from fetal.scans.sector.text_strokes import find_writing

_WORKING_SIDE = 480
_TEXT_SIZE = 7
_DARKEST = 1
# Grey levels above the screen's own: the faintest tissue floor first, then coarser, for noise.
_STEPS = (1.3, 0.7, 2.6, 4.5, 8.0)
_BETTER = 1.15
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
class _Reading:
    edges: list[Edge]
    hull: NDArray[np.float64]

    @property
    def evidence(self) -> float:
        return sum(edge.support * edge.length for edge in self.edges)


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
    height, width = pixels.shape
    scale = min(1.0, _WORKING_SIDE / max(height, width))
    small = _reduced(pixels, scale)
    # Opening takes away whatever is thinner than a letter: text, scales, the grey bar.
    letter = np.ones((_TEXT_SIZE, _TEXT_SIZE), np.uint8)
    solid = np.asarray(cv2.morphologyEx(small, cv2.MORPH_OPEN, letter), np.float32)
    screen = _darkest(solid[::2, ::2])
    reading = _best_reading(small, solid, screen)
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
    inside = _without_margin(mask.astype(np.bool_), pixels, screen, writing)
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


def _darkest(levels: NDArray[np.float32]) -> float:
    """The first percentile of grey levels, none of which is below 0."""
    black = levels.size - np.count_nonzero(levels)
    if black > _DARKEST / 100 * levels.size + 1:
        return 0.0
    return float(np.percentile(levels, _DARKEST))


def _best_reading(
    small: NDArray[np.float32], solid: NDArray[np.float32], screen: float
) -> _Reading | None:
    best: _Reading | None = None
    surroundings = Surroundings(small, solid, screen)
    for step in _STEPS:
        tissue = _tissue(solid, screen + step)
        if tissue is None:
            continue
        hull = hull_points(tissue)
        least = -1.0 if best is None else _BETTER * best.evidence
        edges = seen_edges(tissue, hull, surroundings, step, least)
        if edges is None:
            continue
        reading = _Reading(edges, hull)
        if reading.evidence > least:
            best = reading
    return best


def _tissue(solid: NDArray[np.float32], level: float) -> NDArray[np.bool_] | None:
    labels, areas = labelled(solid > level)
    size = solid.size
    enough = max(0.01 * size, min(0.05 * size, 0.15 * float(areas.max())))
    pieces = [labels == label for label in np.flatnonzero(areas >= enough)]
    wide = [piece for piece in pieces if width_of(piece) >= BAR_WIDTH * solid.shape[1]]
    if len(wide) > 1:
        wide = [piece for piece in wide if not is_panel(solid, piece, level)]
    return functools.reduce(np.bitwise_or, wide) if wide else None


def _outline(reading: _Reading, small: NDArray[np.float32], screen: float) -> NDArray[np.float64]:
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
    lit = ((small > screen + _STEPS[0]) & (within > 0)).sum(axis=1)
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
