"""Framing: the square that a model sees of a scan, and the way back to the scan's own pixels."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray


class _Box(Protocol):
    @property
    def left(self) -> int: ...
    @property
    def top(self) -> int: ...
    @property
    def right(self) -> int: ...
    @property
    def bottom(self) -> int: ...


@dataclass(frozen=True)
class Framing:
    """A square of a scan, in the scan's pixels; it may reach past the scan's edges.

    Proportions are kept: the longer side of the box fills the square and the rest is black, so
    that a circular abdomen stays circular.
    """

    height: int
    width: int
    left: int
    top: int
    side: int
    size: int

    @classmethod
    def of(cls, shape: tuple[int, int], box: _Box | None, size: int) -> "Framing":
        """Frame a box of a scan.

        Args:
            shape: The scan's (height, width) in pixels.
            box: What to frame, usually the sector; `None` frames the whole scan.
            size: The side of the square that comes out, in pixels.

        Example:
            >>> Framing.of((661, 959), None, 256).side
            959
        """
        height, width = shape
        left, top, right, bottom = (
            (0, 0, width, height) if box is None else (box.left, box.top, box.right, box.bottom)
        )
        side = max(right - left, bottom - top)
        return cls(
            height=height,
            width=width,
            left=(left + right - side) // 2,
            top=(top + bottom - side) // 2,
            side=side,
            size=size,
        )

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut the square out of a scan.

        Args:
            pixels: uint8, (height, width).

        Returns:
            uint8, (size, size), black where the square reaches past the scan.
        """
        y0, y1, x0, x1 = self._inside()
        square = np.zeros((self.side, self.side), np.uint8)
        square[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left] = pixels[
            y0:y1, x0:x1
        ]
        method = cv2.INTER_AREA if self.side > self.size else cv2.INTER_LINEAR
        return np.asarray(
            cv2.resize(square, (self.size, self.size), interpolation=method), dtype=np.uint8
        )

    def unapply(self, heat: NDArray[np.float32]) -> NDArray[np.float32]:
        """Lay a map of the square back over the scan.

        Args:
            heat: float32, (h, w), of any resolution.

        Returns:
            float32, (height, width), zero outside the square.
        """
        square = cv2.resize(heat, (self.side, self.side), interpolation=cv2.INTER_LINEAR)
        y0, y1, x0, x1 = self._inside()
        whole = np.zeros((self.height, self.width), np.float32)
        whole[y0:y1, x0:x1] = square[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left]
        return whole

    def _inside(self) -> tuple[int, int, int, int]:
        return (
            max(self.top, 0),
            min(self.top + self.side, self.height),
            max(self.left, 0),
            min(self.left + self.side, self.width),
        )
