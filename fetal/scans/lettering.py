"""Text, scales and marks at the margin that no edge of a sector cuts off."""

import cv2
import numpy as np
from numpy.typing import NDArray

_BRIGHTER = 25
_LINE_HEIGHT = 0.05
_LINE_WIDTH = 0.25
_BAR_WIDTH = 0.04


def lettering_beside(
    small: NDArray[np.float32], hull: NDArray[np.float64], screen: float
) -> NDArray[np.uint8]:
    """Find what looks like lettering near the picture's border and outside the tissue's hull.

    Args:
        small: float32 (h, w), the reduced picture.
        hull: float64 (n, 2), the convex hull of the tissue.
        screen: the screen's own grey level.

    Returns:
        uint8 (h, w), 1 on lettering and a narrow rim around it.
    """
    height, width = small.shape
    within = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(within, np.rint(hull).astype(np.int32), 1)
    tissue = cv2.dilate(within, np.ones((5, 5), np.uint8))
    bright = ((small > screen + _BRIGHTER) & (tissue == 0)).astype(np.uint8)
    rows_of_text = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((1, 7), np.uint8))
    count, labels, stats, centres = cv2.connectedComponentsWithStats(rows_of_text)
    if count < 2:
        return np.zeros((height, width), np.uint8)
    across, down = centres[:, 0] / width, centres[:, 1] / height
    at_side = (across < 0.08) | (across > 0.92)
    in_corner = (down < 0.4) & ((across < 0.3) | (across > 0.7))
    low = stats[:, cv2.CC_STAT_HEIGHT] <= _LINE_HEIGHT * height
    narrow = stats[:, cv2.CC_STAT_WIDTH] <= _BAR_WIDTH * width
    short = stats[:, cv2.CC_STAT_WIDTH] <= _LINE_WIDTH * width
    letters = (low & short & (in_corner | at_side)) | (narrow & at_side)
    letters[0] = False
    rim = cv2.dilate(letters[labels].astype(np.uint8), np.ones((9, 9), np.uint8))
    return np.asarray(rim, np.uint8)
