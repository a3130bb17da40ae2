"""Framing: the frame that a model sees of a scan, and the way back to the scan's own pixels."""

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
    """A square or rectangle of a scan, in the scan's pixels; it may reach past the scan's edges.

    Proportions are kept: the box fills the frame one way and the rest is black, so that a circular
    abdomen stays circular.
    """

    height: int
    width: int
    left: int
    top: int
    side: int
    """How many of the scan's columns it takes; a square takes as many rows."""
    size: int
    """How many columns come out."""
    rows: int | None = None
    """How many rows come out; None for a square."""

    @classmethod
    def of(
        cls, shape: tuple[int, int], box: _Box | None, size: int, rows: int | None = None
    ) -> "Framing":
        """Frame a box of a scan.

        Args:
            shape: The scan's (height, width) in pixels.
            box: What to frame, usually the sector; `None` frames the whole scan.
            size: The columns that come out, in pixels.
            rows: The rows that come out; None for a square.

        Example:
            >>> Framing.of((661, 959), None, 256).side
            959
            >>> Framing.of((661, 661), None, 288, rows=224).side
            850
        """
        height, width = shape
        left, top, right, bottom = (
            (0, 0, width, height) if box is None else (box.left, box.top, box.right, box.bottom)
        )
        side = max(right - left, round((bottom - top) * size / (rows or size)))
        down = side if rows is None else round(side * rows / size)
        return cls(
            height=height,
            width=width,
            left=(left + right - side) // 2,
            top=(top + bottom - down) // 2,
            side=side,
            size=size,
            rows=rows,
        )

    @property
    def down(self) -> int:
        """How many of the scan's rows it takes."""
        return self.side if self.rows is None else round(self.side * self.rows / self.size)

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut the frame out of a scan.

        Args:
            pixels: uint8, (height, width).

        Returns:
            uint8, (rows, size), black where the frame reaches past the scan.
        """
        y0, y1, x0, x1 = self._inside()
        frame = np.zeros((self.down, self.side), np.uint8)
        frame[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left] = pixels[y0:y1, x0:x1]
        method = cv2.INTER_AREA if self.side > self.size else cv2.INTER_LINEAR
        target = (self.size, self.rows or self.size)
        return np.asarray(cv2.resize(frame, target, interpolation=method), dtype=np.uint8)

    def unapply(self, heat: NDArray[np.float32]) -> NDArray[np.float32]:
        """Lay a map of the frame back over the scan.

        Args:
            heat: float32, (h, w), of any resolution.

        Returns:
            float32, (height, width), zero outside the frame.
        """
        frame = cv2.resize(heat, (self.side, self.down), interpolation=cv2.INTER_LINEAR)
        y0, y1, x0, x1 = self._inside()
        whole = np.zeros((self.height, self.width), np.float32)
        whole[y0:y1, x0:x1] = frame[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left]
        return whole

    def _inside(self) -> tuple[int, int, int, int]:
        return (
            max(self.top, 0),
            min(self.top + self.down, self.height),
            max(self.left, 0),
            min(self.left + self.side, self.width),
        )
