"""Grey from colour, and the flow colours that make a frame unfit."""

import cv2
import numpy as np
from numpy.typing import NDArray

_STRONG_COLOUR = 60
_LIT = 40
_TINTED_SHARE = 0.5
_FLOW_SHARE = 0.002


def to_grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luminance (ITU-R BT.601), leaving greys exactly as they are.

    Args:
        pixels: uint8 (H, W) or (H, W, 3) in RGB.

    Returns:
        uint8 (H, W).
    """
    if pixels.ndim == 2:
        return pixels
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), np.uint8)


def shows_flow(pixels: NDArray[np.uint8], sector: NDArray[np.bool_]) -> bool:
    """Tell colour or power Doppler from coloured callipers and from a tinted B-mode scan.

    Flow comes as solid patches within the sector; callipers and letters are thin and vanish when
    opened; a tint colours nearly everything that is lit, and is only another grey.

    Args:
        pixels: uint8 (H, W) or (H, W, 3) in RGB.
        sector: bool (H, W), where the ultrasound is.
    """
    if pixels.ndim == 2:
        return False
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    brightest = np.maximum(np.maximum(red, green), blue)
    darkest = np.minimum(np.minimum(red, green), blue)
    strong = ((brightest - darkest) >= _STRONG_COLOUR) & sector
    if not strong.any():
        return False
    lit = np.count_nonzero((brightest >= _LIT) & sector)
    if np.count_nonzero(strong) > _TINTED_SHARE * lit:
        return False
    side = max(5, round(max(sector.shape) / 130))
    patches = cv2.morphologyEx(
        strong.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8)
    )
    return bool(np.count_nonzero(patches) > _FLOW_SHARE * np.count_nonzero(sector))
