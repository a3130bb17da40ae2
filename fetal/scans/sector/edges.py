"""Which edges of a hull are edges of a sector: tissue all along them, flat screen beyond."""

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.sector.components import labelled, width_of
from fetal.scans.sector.margin_text import BAR_WIDTH, is_panel

_TOLERANCE = 2.0
_SHORTEST = 34.0
_LONG = 48.0
_TOP = 140.0
_FLANK = 150.0
_SHARP = 0.35
_LIT = 0.8
"""Grey levels above the screen's own from which on a place beyond an edge is no screen."""
_LIT_LETTER = 40
_BAND = 45
_LARGE_PART = 0.004
_FRAME_MARGIN = 3

_ON_TISSUE = np.array([2.0, 3.0, 4.0])[:, None, None]
"""How far within an edge tissue is looked for, in pixels of the reduced picture."""
_ACROSS = np.array([-3.0, 3.0, 12.0])[:, None, None]
"""Where an edge's step is measured: outside, inside and deep within."""

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
    mirrored = cv2.flip(tissue.view(np.uint8), 1).view(np.bool_)
    first = tissue.argmax(axis=1)[rows]
    last = tissue.shape[1] - 1 - mirrored.argmax(axis=1)[rows]
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
        self._levels = small[::2, ::2]
        rows, columns = self._levels.shape
        self._x = np.arange(columns, dtype=np.float32) * 2
        self._y = np.arange(rows, dtype=np.float32)[:, None] * 2
        # Letters beside a fan are no tissue. Every second pixel is enough.
        letters = _rim(small > _LIT_LETTER) & ~_rim(_tissue_parts(solid, screen))
        self._free = ~letters[::2, ::2]
        self._lit = self._levels > np.float64(screen + _LIT)

    def is_screen(self, edge: Edge, faint: float) -> bool:
        """Tell whether only screen lies beyond an edge.

        Args:
            edge: the edge.
            faint: from which grey level on a pixel is no screen.
        """
        is_arc = edge.normal[1] > 0.2
        distance = self._x * edge.normal[0] + self._y * edge.normal[1]
        distance -= edge.offset
        outside = (distance > 3) & self._free
        if not is_arc:
            outside &= distance < _BAND
        count = np.count_nonzero(outside)
        if count == 0:
            return self._enough(edge, is_arc, 0.0)
        if self._is_lit(outside, count):
            return False
        dirt = np.count_nonzero(outside & (self._levels > faint)) / count
        return self._enough(edge, is_arc, dirt)

    def _is_lit(self, outside: NDArray[np.bool_], count: int) -> bool:
        """Whether the median of the pixels outside lies above the screen."""
        twice = 2 * np.count_nonzero(outside & self._lit)
        if twice == count:
            return float(np.median(self._levels[outside])) > self.screen + _LIT
        return twice > count

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
    least: float = -1.0,
) -> list[Edge] | None:
    """Keep the hull's edges that the picture itself shows.

    An edge across a shadow touches tissue only at its ends; the outline of a head in black fluid
    fades, and has more tissue beyond. Both are dropped.

    Args:
        tissue: bool (h, w), what is brighter than the screen.
        hull: float64 (n, 2), its convex hull.
        surroundings: the picture itself.
        step: how far above the screen tissue was taken to begin.
        least: how much evidence (`evidence_of`) the edges have to exceed together.

    Returns:
        The edges, none of which runs along the picture's own border. None as soon as it is certain
        that they do not exceed `least`.
    """
    faint = surroundings.screen + max(0.7 if step < 1 else 1.3, step / 2)
    lines = _lines(hull, tissue.shape)
    # What each line counts at the most, and then what it counts.
    evidence = [line.length for line in lines]
    supports = []
    for at, line in enumerate(lines):
        if not _can_exceed(evidence, least):
            return None
        near = _at(tissue, line.shifted(_ON_TISSUE)).any(axis=0)
        supports.append(np.count_nonzero(near) / near.size)
        evidence[at] *= supports[at]
    edges = []
    for at, line in enumerate(lines):
        if not _can_exceed(evidence, least):
            return None
        evidence[at] = 0.0
        sharpness = _sharpness(surroundings.small, line)
        if sharpness < _SHARP:
            continue
        edge = Edge(line.normal, line.offset, supports[at], line.length, sharpness)
        if surroundings.is_screen(edge, faint):
            edges.append(edge)
            evidence[at] = edge.support * edge.length
    return edges


def evidence_of(edges: list[Edge]) -> float:
    """Return how many pixels of all edges together have tissue along them."""
    return sum(edge.support * edge.length for edge in edges)


@dataclass(frozen=True, slots=True)
class _Line:
    """A side of a hull, moved out so far that the whole hull lies within it."""

    normal: NDArray[np.float64]
    offset: float
    length: float
    points: NDArray[np.float64]
    """(n, 2), a point each pixel from near the one end to near the other, as (x, y)."""

    def shifted(self, depths: NDArray[np.float64]) -> NDArray[np.float64]:
        """The points moved inwards by each of (k, 1, 1) depths, (k, n, 2)."""
        return self.points - self.normal * depths


def _lines(hull: NDArray[np.float64], shape: tuple[int, ...]) -> list[_Line]:
    """The longer sides of a hull, but for those along the picture's own border."""
    height, width = shape
    frame = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float64)
    outline = cv2.approxPolyDP(hull.astype(np.float32)[:, None], _TOLERANCE, True)[:, 0, :]
    corners = np.asarray(outline, np.float64)
    lines = []
    for start, end in zip(corners, np.concatenate([corners[1:], corners[:1]]), strict=True):
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
        points = start + np.outer(steps, along) + normal * (offset - start @ normal)
        lines.append(_Line(normal, offset, length, points))
    return lines


def _can_exceed(evidence: list[float], least: float) -> bool:
    # The margin is for the rounding of sums.
    return sum(evidence) * (1 + 1e-9) > least


def _tissue_parts(solid: NDArray[np.float32], screen: float) -> NDArray[np.bool_]:
    lit = solid > _LIT_LETTER
    labels, areas = labelled(lit)
    large = np.flatnonzero(areas >= max(1, _LARGE_PART * lit.size))
    parts = np.zeros_like(lit)
    for part in (labels == label for label in large):
        if width_of(part) >= BAR_WIDTH * lit.shape[1] and not is_panel(solid, part, screen):
            parts |= part
    return parts


def _rim(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    grown = cv2.dilate(mask.view(np.uint8), np.ones((9, 9), np.uint8))
    return np.asarray(grown.view(np.bool_), np.bool_)


def _sharpness(small: NDArray[np.float32], line: _Line) -> float:
    outside, inside, deep = (float(levels.mean()) for levels in _at(small, line.shifted(_ACROSS)))
    step = max(deep, inside) - outside + 1
    # Exactly one level brighter outside than within, there is no step to take a share of.
    return (inside - outside) / step if step else 0.0


def _at(values: NDArray[_Value], points: NDArray[np.float64]) -> NDArray[_Value]:
    """The values of (h, w) at (…, 2) points, or at the border next to each, of the shape (…)."""
    height, width = values.shape
    whole = np.rint(points).astype(np.intp)
    np.minimum(np.maximum(whole, 0, out=whole), (width - 1, height - 1), out=whole)
    return np.asarray(values.ravel()[whole[..., 1] * width + whole[..., 0]])
