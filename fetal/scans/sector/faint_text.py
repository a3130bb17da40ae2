"""Faint words on a flat ground, such as a small frame's depth or time on the black of the screen.

The search for strokes (`text_strokes`) measures against the steps within the tissue. On a
small or dark picture these are as high as those of the letters, which are then missed. Here the
ground decides instead: letters stand on one even grey, which tissue hardly ever does.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box
from fetal.scans.sector.components import connected_components
from fetal.scans.sector.text_strokes import steps

_STEP = 16
_REACH = 7
_DENSE = 0.05
_JOINED = (9, 3)
_RIM = 2
_LOWEST = 5
_HIGHEST = 30
_HIGHEST_SHARE = 0.06
_LONG = 1.2
_EVEN = 6
_EVEN_SHARE = 0.8
_BRIGHTER = 25


def find_faint_writing(pixels: NDArray[np.uint8]) -> tuple[Box, ...]:
    """Find words that stand on an even ground, over the ultrasound or beside it.

    Args:
        pixels: uint8 (H, W), grey, as the machine wrote it.

    Returns:
        A box around each word, in no particular order.

    Example:
        >>> screen = np.zeros((200, 300), np.uint8)
        >>> screen = cv2.putText(screen, "19", (90, 90), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 90)
        >>> len(find_faint_writing(screen))
        1
    """
    height, width = pixels.shape
    joined = cv2.morphologyEx(_strokes(pixels), cv2.MORPH_CLOSE, np.ones(_JOINED[::-1], np.uint8))
    pieces = connected_components(joined.view(np.bool_))
    highest = max(_HIGHEST, _HIGHEST_SHARE * height)
    boxes = (
        Box(
            max(0, left - _RIM),
            max(0, top - _RIM),
            min(width, left + wide + _RIM),
            min(height, top + tall + _RIM),
        )
        for left, top, wide, tall in pieces.boxes.tolist()
        if _LOWEST <= tall <= highest and wide >= _LONG * tall
    )
    return tuple(box for box in boxes if _stands_on_even_ground(pixels[box.place]))


def _strokes(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where steps in all four directions lie close together, 1 on each such pixel."""
    near = np.ones(pixels.shape, np.uint8)
    for step in steps(pixels):
        _, high = cv2.threshold(step, _STEP - 1, 255, cv2.THRESH_BINARY)
        share = cv2.boxFilter(high, -1, (_REACH, _REACH))
        near &= np.asarray(cv2.threshold(share, 255 * _DENSE, 1, cv2.THRESH_BINARY)[1], np.uint8)
    return near


def _stands_on_even_ground(part: NDArray[np.uint8]) -> bool:
    levels = part.astype(np.int16)
    rim = np.concatenate(
        [levels[side].ravel() for side in np.s_[:2, -2:]]
        + [levels[:, side].ravel() for side in np.s_[:2, -2:]]
    )
    ground = float(np.median(rim))
    even = np.abs(rim - ground) <= _EVEN
    return bool(even.mean() >= _EVEN_SHARE and levels.max() - ground >= _BRIGHTER)
