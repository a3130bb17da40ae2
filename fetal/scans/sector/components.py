"""Connected components of a mask, measured only as far as a search needs it.

OpenCV's own statistics take several times as long as its labels, since it adds up every pixel of
the background, too. Most masks here have few lit pixels, or few components.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

_SAMPLED = 8
_SPARSE = 1 / 16
"""Share of lit pixels up to which measuring these alone is faster than OpenCV's statistics."""

Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Components:
    """The connected components of a mask, in the order of OpenCV's labels.

    Attributes:
        boxes: int64 (n, 4), left, top, width and height of each.
        shape: height and width of the mask.
        places: int64 (m,), where the mask is lit, counted row by row.
        owners: int64 (m,), to which component each of these pixels belongs.
    """

    boxes: Counts
    shape: tuple[int, int]
    places: Counts
    owners: Counts

    @cached_property
    def areas(self) -> Counts:
        """int64 (n,), how many pixels each has."""
        return np.bincount(self.owners, minlength=len(self.boxes))

    @property
    def widths(self) -> Counts:
        """int64 (n,), columns from the first to the last of each."""
        return self.boxes[:, 2]

    @property
    def heights(self) -> Counts:
        """int64 (n,), rows from the first to the last of each."""
        return self.boxes[:, 3]

    def mean_columns(self) -> NDArray[np.float64]:
        """Return the mean column of each component's pixels."""
        return self._mean(self.places % self.shape[1])

    def mean_rows(self) -> NDArray[np.float64]:
        """Return the mean row of each component's pixels."""
        return self._mean(self.places // self.shape[1])

    def drawn(self, chosen: Mask) -> Mask:
        """Return a mask that holds some of the components.

        Args:
            chosen: bool (n,), which ones.

        Returns:
            bool (H, W), true on their pixels.
        """
        mask = np.zeros(self.shape, np.bool_)
        mask.ravel()[self.places[chosen[self.owners]]] = True
        return mask

    def _mean(self, values: Counts) -> NDArray[np.float64]:
        total = np.bincount(self.owners, values, len(self.boxes))
        return np.asarray(total / self.areas, np.float64)


def connected_components(mask: Mask, connectivity: int = 8) -> Components:
    """Find the connected components of a mask, and the box around each.

    Args:
        mask: bool (H, W).
        connectivity: 8, or 4 where pixels that touch only at a corner are apart.

    Returns:
        The components.

    Example:
        >>> connected_components(np.array([[1, 1, 0, 0, 1]], np.bool_)).areas.tolist()
        [2, 1]
    """
    shape = (mask.shape[0], mask.shape[1])
    places = np.flatnonzero(mask)
    if not places.size:
        return Components(np.zeros((0, 4), np.int64), shape, places, places)
    lit = np.ascontiguousarray(mask).view(np.uint8)
    if places.size > _SPARSE * mask.size:
        _, labels, stats, _ = cv2.connectedComponentsWithStats(lit, connectivity=connectivity)
        boxes = stats[1:, :4].astype(np.int64)
        return Components(boxes, shape, places, labels.ravel()[places].astype(np.int64) - 1)
    kind = cv2.CV_16U if places.size < 1 << 16 else cv2.CV_32S
    count, labels = cv2.connectedComponents(lit, connectivity=connectivity, ltype=kind)
    owners = labels.ravel()[places].astype(np.int64) - 1
    left, width = _reach(places % shape[1], owners, count - 1)
    top, height = _reach(places // shape[1], owners, count - 1)
    return Components(np.stack([left, top, width, height], axis=1), shape, places, owners)


def labelled(
    mask: Mask, least: float = 0, connectivity: int = 8
) -> tuple[NDArray[np.uint16], Counts]:
    """Label the connected components of a mask with many lit pixels, and count their pixels.

    Args:
        mask: bool (H, W), with fewer than 65,536 components.
        least: how many pixels a component has to have to be counted; fewer may be given as 0,
            unless it is the largest of all.
        connectivity: 8, or 4 where pixels that touch only at a corner are apart.

    Returns:
        uint16 (H, W), 0 beside the components and their numbers from 1 on; int64 (n + 1,), how
        many pixels each has, 0 for the background.
    """
    count, labels = cv2.connectedComponents(
        mask.view(np.uint8), connectivity=connectivity, ltype=cv2.CV_16U
    )
    areas = np.zeros(count, np.int64)
    if count > 1:
        sample = np.bincount(labels[::_SAMPLED, ::_SAMPLED].ravel(), minlength=count)
        likely = 1 + int(sample[1:].argmax())
        areas[likely] = np.count_nonzero(labels == likely)
        rest = np.count_nonzero(mask) - int(areas[likely])
        if rest > min(max(0.0, least - 1), float(areas[likely])):
            counts = cv2.calcHist([labels], [0], None, [count], [0, count])
            areas[1:] = counts.ravel()[1:].astype(np.int64)
    return np.asarray(labels, np.uint16), areas


def width_of(mask: Mask) -> int:
    """Return the columns from the first to the last true pixel of a mask, bool (H, W)."""
    return cv2.boundingRect(mask.view(np.uint8))[2]


def _reach(values: Counts, owners: Counts, count: int) -> tuple[Counts, Counts]:
    """The lowest value of each component, and how many lie between it and the highest."""
    lowest, highest = np.full(count, np.iinfo(np.int64).max), np.zeros(count, np.int64)
    np.minimum.at(lowest, owners, values)
    np.maximum.at(highest, owners, values)
    return lowest, highest - lowest + 1
