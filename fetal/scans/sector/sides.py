"""The sides of the hull of tissue, along which edges of a sector are looked for."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.sector.bright_tissue import Tissue

_TOLERANCE = 2.0
_SHORTEST = 34.0
_FRAME_MARGIN = 3
_WITHIN = np.array([2.0, 3.0, 4.0])[:, None, None]
"""How far within a side tissue is looked for, in pixels of the reduced picture."""

_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Side:
    """A side of the hull of tissue, moved out so far that the whole hull lies within it.

    Attributes:
        tissue: bool (h, w), the tissue.
        normal: (2,), the unit vector that points out of the hull, as (x, y).
        offset: how far along the normal the side lies, in pixels of the reduced picture.
        length: pixels of the reduced picture.
        points: (n, 2), a point each pixel from near the one end to near the other, as (x, y).
    """

    tissue: NDArray[np.bool_]
    normal: NDArray[np.float64]
    offset: float
    length: float
    points: NDArray[np.float64]

    @cached_property
    def support(self) -> float:
        """Share of the side that has tissue along it."""
        near = values_at(self.tissue, self.shifted(_WITHIN)).any(axis=0)
        return np.count_nonzero(near) / near.size

    def shifted(self, depths: NDArray[np.float64]) -> NDArray[np.float64]:
        """The points moved inwards by each of (k, 1, 1) depths, (k, n, 2)."""
        return self.points - self.normal * depths


def sides_of(tissue: Tissue) -> list[Side]:
    """Return the longer sides of a tissue's hull, but for those along the picture's own border."""
    height, width = tissue.mask.shape
    hull = tissue.hull
    frame = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float64)
    outline = cv2.approxPolyDP(hull.astype(np.float32)[:, None], _TOLERANCE, True)[:, 0, :]
    corners = np.asarray(outline, np.float64)
    vectors = np.concatenate([corners[1:], corners[:1]]) - corners
    lengths = np.hypot(vectors[:, 0], vectors[:, 1])
    sides = []
    for at in np.flatnonzero(lengths >= _SHORTEST):
        start, length = corners[at], float(lengths[at])
        along = vectors[at] / length
        normal = np.array([along[1], -along[0]])
        offset = float((hull @ normal).max())
        if float((frame @ normal).max()) - offset < _FRAME_MARGIN:
            continue
        steps = np.arange(2, length - 2)
        points = start + steps[:, None] * along + normal * (offset - start @ normal)
        sides.append(Side(tissue.mask, normal, offset, length, points))
    return sides


def values_at(values: NDArray[_Value], points: NDArray[np.float64]) -> NDArray[_Value]:
    """Look up values of a picture.

    Args:
        values: (h, w).
        points: float64 (…, 2), as (x, y); of one beyond the border, the border's is taken.

    Returns:
        (…), the value nearest to each point.
    """
    height, width = values.shape
    whole = np.rint(points).astype(np.intp)
    np.minimum(np.maximum(whole, 0, out=whole), (width - 1, height - 1), out=whole)
    return np.asarray(values.ravel()[whole[..., 1] * width + whole[..., 0]])
