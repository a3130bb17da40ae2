"""What the second reader sees of a scan: its sector, in a rectangle of 224 rows x 288 columns.

Apart from the training, which runs where no scan can be read.
"""

import numpy as np
from numpy.typing import NDArray

from fetal.scans import Box
from fetal.scans.letterbox import Framing
from fetal.training.second_reader.reader_settings import COLUMNS, ROWS


def frame_for_reader(pixels: NDArray[np.uint8], sector: Box | None) -> NDArray[np.uint8]:
    """Cut a scan to its sector and frame it as the second reader sees it.

    Args:
        pixels: uint8, (height, width).
        sector: The box around the sector; None frames the whole scan.

    Returns:
        uint8, (224, 288), black around the sector.

    Example:
        >>> frame_for_reader(np.zeros((661, 959), np.uint8), None).shape
        (224, 288)
    """
    height, width = pixels.shape
    return Framing.of((height, width), sector, COLUMNS, ROWS).apply(pixels)
