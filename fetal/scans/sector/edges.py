"""Which edges of a hull are edges of a sector: tissue all along them, flat screen beyond."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.sector.bright_tissue import LIT_LETTER, BrightParts, ReducedPicture
from fetal.scans.sector.sides import Side, values_at

_LONG = 48.0
_TOP = 140.0
_FLANK = 150.0
_SHARP = 0.35
_LIT = 0.8
"""Grey levels above the screen's own from which on a place beyond an edge is no screen."""
_BAND = 45

_ACROSS = np.array([-3.0, 3.0, 12.0])[:, None, None]
"""Where an edge's step is measured: outside, inside and deep within."""


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


class Surroundings:
    """The picture as an edge is held against it: what lies on it and what beyond.

    Args:
        picture: the picture.
        bright: what of it is tissue as bright as letters are.
    """

    def __init__(self, picture: ReducedPicture, bright: BrightParts) -> None:
        small = picture.small
        self.small = small
        self.screen = picture.screen
        # Every second pixel is enough.
        self._levels = np.ascontiguousarray(small[::2, ::2])
        rows, columns = self._levels.shape
        self._x = np.arange(columns, dtype=np.float32) * 2
        self._y = np.arange(rows, dtype=np.float32)[:, None] * 2
        # Letters beside a fan are no tissue.
        letters = _rim(small > LIT_LETTER) & ~_rim(bright.mask)
        self._free = ~letters[::2, ::2]
        self._lit = self._levels > np.float64(picture.screen + _LIT)

    def is_screen(self, edge: Edge, faint: float) -> bool:
        """Return whether only screen lies beyond an edge.

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
        count = int(np.count_nonzero(outside))
        if count == 0:
            return self._enough(edge, is_arc, 0.0)
        if self._is_lit(outside, count):
            return False
        dirt = np.count_nonzero(outside & (self._levels > faint)) / count
        return self._enough(edge, is_arc, dirt)

    def _is_lit(self, outside: NDArray[np.bool_], count: int) -> bool:
        """Whether the median of the pixels outside lies above the screen."""
        twice = 2 * int(np.count_nonzero(outside & self._lit))
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
    sides: Sequence[Side], surroundings: Surroundings, step: float, least: float = -1.0
) -> list[Edge] | None:
    """Keep those sides of a hull that the picture itself shows.

    A side across a shadow touches tissue only at its ends; the outline of a head in black fluid
    fades, and has more tissue beyond. Both are dropped.

    Args:
        sides: the sides of the tissue's hull.
        surroundings: the picture itself.
        step: how far above the screen tissue was taken to begin.
        least: the sum over all edges, support times length, that they have to exceed.

    Returns:
        The edges. None as soon as it is certain that they do not exceed `least`.
    """
    faint = surroundings.screen + max(0.7 if step < 1 else 1.3, step / 2)
    # What each side counts at the most, and then what it counts.
    evidence = [side.length for side in sides]
    for at, side in enumerate(sides):
        if not _can_exceed(evidence, least):
            return None
        evidence[at] *= side.support
    edges = []
    for at, side in enumerate(sides):
        if not _can_exceed(evidence, least):
            return None
        evidence[at] = 0.0
        sharpness = _sharpness(surroundings.small, side)
        if sharpness < _SHARP:
            continue
        edge = Edge(side.normal, side.offset, side.support, side.length, sharpness)
        if surroundings.is_screen(edge, faint):
            edges.append(edge)
            evidence[at] = edge.support * edge.length
    return edges


def _can_exceed(evidence: list[float], least: float) -> bool:
    # The margin is for the rounding of sums.
    return sum(evidence) * (1 + 1e-9) > least


def _rim(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    grown = cv2.dilate(mask.view(np.uint8), np.ones((9, 9), np.uint8))
    return np.asarray(grown.view(np.bool_), np.bool_)


def _sharpness(small: NDArray[np.float32], side: Side) -> float:
    outside, inside, deep = values_at(small, side.shifted(_ACROSS)).mean(axis=1).tolist()
    step = max(deep, inside) - outside + 1
    # Exactly one level brighter outside than within, there is no step to take a share of.
    return (inside - outside) / step if step else 0.0
