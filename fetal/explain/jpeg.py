"""Overlays as a browser takes them."""

import cv2
import numpy as np
import numpy.typing as npt

_QUALITY = 88
"""No block of the compression shows over a scan, at a third of the bytes of the best quality."""


def encode_jpeg(picture: npt.NDArray[np.uint8]) -> bytes:
    """Pack a coloured overlay.

    Args:
        picture: uint8 (H, W, 3), red, green, blue.

    Returns:
        A JPEG file.

    Example:
        >>> encode_jpeg(np.zeros((8, 8, 3), np.uint8))[:2].hex()
        'ffd8'
    """
    _, packed = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    return packed.tobytes()
