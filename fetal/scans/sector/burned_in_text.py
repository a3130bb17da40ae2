"""Writing over the ultrasound: shown to a person, since it may be a name and is not blanked."""

import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box
from fetal.scans.sector.faint_text import find_faint_writing
from fetal.scans.sector.text_strokes import find_writing

_KEPT = 0.5
"""Share of a box that has to lie in the sector: less is the rim of what was blanked."""


def find_lettering(pixels: NDArray[np.uint8], sector: NDArray[np.bool_]) -> tuple[Box, ...]:
    """Find words and marks that were written over the ultrasound.

    Args:
        pixels: uint8 (H, W), grey, as the machine wrote it.
        sector: bool (H, W), where the ultrasound is.

    Returns:
        A box around each, from the top down. `fetal.scans.sector.text_strokes` says what is missed.

    Example:
        >>> import cv2
        >>> scan = np.full((200, 300), 60, np.uint8)
        >>> scan = cv2.putText(scan, "RIGHT", (40, 90), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255)
        >>> len(find_lettering(scan, np.ones(scan.shape, np.bool_)))
        1
    """
    return lettering_over(pixels, find_writing(pixels), sector)


def lettering_over(
    pixels: NDArray[np.uint8], writing: tuple[Box, ...], sector: NDArray[np.bool_]
) -> tuple[Box, ...]:
    """Of all writing on a picture, faint words among it, that which lies over the ultrasound.

    Args:
        pixels: uint8 (H, W), grey, as the machine wrote it.
        writing: boxes that `find_writing` gave.
        sector: bool (H, W), where the ultrasound is.

    Returns:
        Those boxes, from the top down.
    """
    apart = (box for box in find_faint_writing(pixels) if not any(map(box.meets, writing)))
    over = (box for box in (*writing, *apart) if sector[box.place].mean() >= _KEPT)
    return tuple(sorted(over, key=lambda box: (box.top, box.left)))
