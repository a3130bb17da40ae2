"""Rectangles of pixels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Box(NamedTuple):
    """A rectangle of pixels; right and bottom lie just outside it, as in slices."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns: `pixels[box.place]` is the part of a picture that lies in the box."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def meets(self, other: "Box") -> bool:
        """Return whether two boxes have a pixel in common."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def moved(self, right: int, down: int) -> "Box":
        """The same box so many pixels further right and down."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)


def bounding_box(mask: NDArray[np.bool_]) -> Box:
    """The smallest box around the true pixels of a mask that has some.

    Args:
        mask: bool (H, W).

    Returns:
        The box.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
