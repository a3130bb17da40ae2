"""Pictures that are read, but that no model has learnt: turned to negative, or two side by side.

Of 1,946 real scans at hand none is taken for either; of 120 simulated ones, one with a deep shadow
is taken for two.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

_WHITE = 235
_WHITE_BORDER = 0.3
_LIT = 20
_WIDTH = 320
_MIDDLE = (0.42, 0.58)
_STRAY = 0.004
_EACH_SIDE = 0.05

INVERTED = (
    "The picture is dark on white, the other way round than ultrasound is read: please export it "
    "as the machine shows it, and do not rely on what the model says of this one."
)
SIDE_BY_SIDE = (
    "The picture seems to hold two scans side by side, of which the model names only one plane: "
    "please crop it to one of them."
)


def unusual(pixels: NDArray[np.uint8]) -> list[str]:
    """Return what about a picture the model has never learnt.

    Args:
        pixels: uint8 (H, W), grey, as the machine wrote it.

    Returns:
        Sentences to show; none for a usual scan.

    Example:
        >>> unusual(np.full((200, 300), 255, np.uint8)) == [INVERTED]
        True
    """
    if _is_inverted(pixels):
        return [INVERTED]
    return [SIDE_BY_SIDE] if _is_side_by_side(pixels) else []


def _is_inverted(pixels: NDArray[np.uint8]) -> bool:
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool((border >= _WHITE).mean() > _WHITE_BORDER)


def _is_side_by_side(pixels: NDArray[np.uint8]) -> bool:
    """Whether a black strip goes from top to bottom near the middle, with tissue on both sides."""
    scale = min(1.0, _WIDTH / pixels.shape[1])
    if _is_lit_throughout(pixels, scale):
        return False
    # A label within the strip is no tissue.
    solid = cv2.morphologyEx(
        cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
        cv2.MORPH_OPEN,
        np.ones((3, 3), np.uint8),
    )
    lit = np.asarray(solid > _LIT).mean(axis=0)
    left, right = (round(share * lit.size) for share in _MIDDLE)
    strip = (lit[left:right] <= _STRAY).any()
    return bool(strip and min(lit[:left].mean(), lit[right:].mean()) > _EACH_SIDE)


def _is_lit_throughout(pixels: NDArray[np.uint8], scale: float) -> bool:
    """Whether all columns near the middle surely hold so much tissue that no strip goes there.

    A block of lit pixels that is large enough stays lit in the reduced picture, and there is no
    need to reduce it.
    """
    height, width = pixels.shape
    needed = int(_STRAY * round(height * scale)) + 1
    rows, columns = (math.ceil(size / scale) + 3 for size in (needed + 2, 3))
    left, right = (round(share * width) for share in _MIDDLE)
    reach = 2 * columns
    middle = pixels[:, max(0, left - reach) : right + reach]
    lowest = cv2.erode(
        middle, np.ones((rows, columns), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0
    )
    lit: NDArray[np.bool_] = np.any(np.asarray(lowest) > _LIT, axis=0)
    return bool(lit[columns:-columns].all())
