"""Which edges of a hull are edges of a sector: tissue all along them, flat screen beyond."""

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.sector.margin_text import BAR_WIDTH, is_panel

_TOLERANCE = 2.0
_SHORTEST = 34.0
_LONG = 48.0
_TOP = 140.0
_FLANK = 150.0
_SHARP = 0.35
_LIT_LETTER = 40
_BAND = 45
_LARGE_PART = 0.004
_FRAME_MARGIN = 3

_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Edge:
    """A straight line that bounds a sector: points with `normal · point <= offset` are inside.

    Args:
        normal: (2,), the unit vector that points out of the sector, as (x, y).
        offset: how far along the normal the line lies, in pixels of the reduced picture.
        support: share of the edge that has tissue along it, 0 to 1.
        length: pixels of the reduced picture.
        sharpness: how much of the step from tissue to screen happens right on the line, 0 to 1.
    """

    normal: NDArray[np.float64]
    offset: float
    support: float
    length: float
    sharpness: float


def hull_points(tissue: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The convex hull of a mask.

    Args:
        tissue: bool (h, w) with some true pixel.

    Returns:
        float64 (n, 2), its corners as (x, y), clockwise on the screen.
    """
    # Only the first and the last pixel of a row can be on the hull: a hundred times fewer points.
    rows = np.flatnonzero(tissue.any(axis=1))
    first = tissue[rows].argmax(axis=1)
    last = tissue.shape[1] - 1 - tissue[rows, ::-1].argmax(axis=1)
    ends = np.concatenate([np.stack([first, rows], axis=1), np.stack([last, rows], axis=1)])
    hull = cv2.convexHull(ends.astype(np.int32)[:, None])
    if cv2.contourArea(hull, oriented=True) < 0:
        hull = hull[::-1]
    return np.asarray(hull[:, 0, :], np.float64)


class Surroundings:
    """The picture as an edge is held against it: what lies on it and what beyond.

    Args:
        small: float32 (h, w), the reduced picture.
        solid: float32 (h, w), the same without anything as thin as a letter.
        screen: the screen's own grey level.
    """

    def __init__(
        self, small: NDArray[np.float32], solid: NDArray[np.float32], screen: float
    ) -> None:
        self.small = small
        self.screen = screen
        # Letters beside a fan are no tissue. Every second pixel is enough.
        letters = _rim(small > _LIT_LETTER) & ~_rim(_tissue_parts(solid, screen))
        self._levels = small[::2, ::2]
        self._free = ~letters[::2, ::2]
        rows, columns = self._levels.shape
        self._x = np.arange(columns, dtype=np.float32) * 2
        self._y = np.arange(rows, dtype=np.float32)[:, None] * 2

    def is_screen(self, edge: Edge, faint: float) -> bool:
        """Tell whether only screen lies beyond an edge.

        Args:
            edge: the edge.
            faint: from which grey level on a pixel is no screen.
        """
        is_arc = edge.normal[1] > 0.2
        distance = self._x * edge.normal[0] + self._y * edge.normal[1] - edge.offset
        outside = (distance > 3) & self._free
        if not is_arc:
            outside &= distance < _BAND
        levels = self._levels[outside]
        if levels.size == 0:
            return self._enough(edge, is_arc, 0.0)
        if float(np.median(levels)) > self.screen + 0.8:
            return False
        return self._enough(edge, is_arc, float((levels > faint).mean()))

    @staticmethod
    def _enough(edge: Edge, is_arc: bool, dirt: float) -> bool:
        if edge.normal[1] < -0.9:
            return edge.support >= 0.9 and dirt <= 0.08 and edge.length >= _TOP
        # Machines write little below a fan and much beside it, hence the two measures.
        if is_arc:
            well_held = edge.support >= 0.9 and dirt <= 0.003
            held = edge.support >= 0.7 and dirt <= 0.006
        else:
            well_held = edge.support >= 0.8 and dirt <= 0.08
            held = edge.support >= 0.4 and dirt <= 0.025
            if edge.length >= _FLANK and edge.sharpness >= 0.6:
                held = edge.support >= 0.25 and dirt <= 0.025
        return well_held or (held and edge.length >= _LONG)


def seen_edges(
    tissue: NDArray[np.bool_],
    hull: NDArray[np.float64],
    surroundings: Surroundings,
    step: float,
) -> list[Edge]:
    """Keep the hull's edges that the picture itself shows.

    An edge across a shadow touches tissue only at its ends; the outline of a head in black fluid
    fades, and has more tissue beyond. Both are dropped.

    Args:
        tissue: bool (h, w), what is brighter than the screen.
        hull: float64 (n, 2), its convex hull.
        surroundings: the picture itself.
        step: how far above the screen tissue was taken to begin.

    Returns:
        The edges, none of which runs along the picture's own border.
    """
    height, width = tissue.shape
    frame = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float64)
    faint = surroundings.screen + max(0.7 if step < 1 else 1.3, step / 2)
    outline = cv2.approxPolyDP(hull.astype(np.float32)[:, None], _TOLERANCE, True)[:, 0, :]
    corners = np.asarray(outline, np.float64)
    edges = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = end - start
        length = float(np.hypot(*along))
        if length < _SHORTEST:
            continue
        along /= length
        normal = np.array([along[1], -along[0]])
        offset = float((hull @ normal).max())
        if float((frame @ normal).max()) - offset < _FRAME_MARGIN:
            continue
        steps = np.arange(2, length - 2)
        line = start + np.outer(steps, along) + normal * (offset - start @ normal)
        support = float(
            np.any([_at(tissue, line - normal * depth) for depth in (2, 3, 4)], axis=0).mean()
        )
        edge = Edge(normal, offset, support, length, _sharpness(surroundings.small, line, normal))
        if edge.sharpness >= _SHARP and surroundings.is_screen(edge, faint):
            edges.append(edge)
    return edges


def _tissue_parts(solid: NDArray[np.float32], screen: float) -> NDArray[np.bool_]:
    lit = (solid > _LIT_LETTER).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(lit)
    large = (stats[:, cv2.CC_STAT_AREA] >= _LARGE_PART * lit.size) & (
        stats[:, cv2.CC_STAT_WIDTH] >= BAR_WIDTH * lit.shape[1]
    )
    large[0] = False
    for part in np.flatnonzero(large):
        large[part] = not is_panel(solid[labels == part], screen)
    return np.asarray(large[labels], np.bool_)


def _rim(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0, np.bool_)


def _sharpness(
    small: NDArray[np.float32], line: NDArray[np.float64], normal: NDArray[np.float64]
) -> float:
    outside, inside, deep = (
        float(_at(small, line - normal * depth).mean()) for depth in (-3, 3, 12)
    )
    step = max(deep, inside) - outside + 1
    # Exactly one level brighter outside than within, there is no step to take a share of.
    return (inside - outside) / step if step else 0.0


def _at(values: NDArray[_Value], points: NDArray[np.float64]) -> NDArray[_Value]:
    height, width = values.shape
    whole = np.rint(points).astype(np.intp)
    return np.asarray(values[whole[:, 1].clip(0, height - 1), whole[:, 0].clip(0, width - 1)])
