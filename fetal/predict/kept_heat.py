"""The heat maps of a prediction as they are kept: one byte for each of the network's cells."""

import struct
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from fetal import explain
from fetal.planes import PLANES
from fetal.predict.prediction import Prediction

_HEADER = struct.Struct("<HHiiI")


@dataclass(frozen=True, eq=False)
class KeptHeat:
    """Where a model saw each plane, and which square of the scan it was shown.

    Attributes:
        cells: uint8 (6, h, w), 0 to 255, in the order of `PLANES`.
        left: left edge of the square in the scan's pixels; below 0 where it reaches past the scan.
        top: its upper edge.
        side: its side in the scan's pixels.
    """

    cells: npt.NDArray[np.uint8] = field(repr=False)
    left: int
    top: int
    side: int

    @classmethod
    def of(cls, prediction: Prediction) -> Self:
        """Return what is to be kept of a prediction."""
        framing = prediction.framing
        return cls(levels(prediction.heat), framing.left, framing.top, framing.side)

    def pack(self) -> bytes:
        """Return the bytes for the database."""
        _, height, width = self.cells.shape
        header = _HEADER.pack(height, width, self.left, self.top, self.side)
        return header + self.cells.tobytes()

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Read what `pack` wrote.

        Args:
            data: the bytes.

        Raises:
            ValueError: they are not what `pack` wrote.
        """
        if len(data) < _HEADER.size:
            raise ValueError(f"Expected at least {_HEADER.size} bytes; received {len(data)}.")
        height, width, left, top, side = _HEADER.unpack_from(data)
        cells = np.frombuffer(data, np.uint8, offset=_HEADER.size)
        return cls(cells.reshape(len(PLANES), height, width), left, top, side)


def levels(heat: explain.Heat) -> npt.NDArray[np.uint8]:
    """Turn heat, float32 0 to 1, into whole levels, uint8 0 to 255, of the same shape."""
    return np.asarray(np.rint(heat * np.float32(255)), np.uint8)
