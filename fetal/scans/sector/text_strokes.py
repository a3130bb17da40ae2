"""Whatever is written on a picture, over tissue or beside it, found by its strokes.

Letters, callipers, arrows and pictograms are drawn pixel by pixel, so they rise and fall by a good
part of their height from one pixel to the next, and do so to the left, to the right, upwards and
downwards within a few pixels. Ultrasound is a picture that the machine has interpolated: its
steps are small, and where they are not, as at the rim of the sector or on a bone, they go one way.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box
from fetal.scans.sector.components import connected_components
from fetal.scans.sector.stroke_density import dense_in_all

_LARGEST = 1400
_LIT = 25
_FEWEST_LIT = 50
_USUAL = 90
_NOISY = 10
_UNUSUAL = 2.6
_FAINTEST = 32
_JOINED = (9, 3)
_SMALLEST = 6
_RIM = 4
_SHARP = 0.5
_SHARPEST = 8


def find_writing(pixels: NDArray[np.uint8]) -> tuple[Box, ...]:
    """Find words and marks anywhere on a picture.

    Args:
        pixels: uint8 (H, W), grey, as the machine wrote it.

    Returns:
        A box around each word or mark, with a narrow rim, in no particular order. A few of them may
        hold a bright speck of tissue; letters hardly brighter than the tissue around are missed.

    Example:
        >>> screen = np.full((200, 300), 60, np.uint8)
        >>> cv2.putText(screen, "RIGHT", (40, 90), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255).shape
        (200, 300)
        >>> len(find_writing(screen))
        1
    """
    scale = min(1.0, _LARGEST / max(pixels.shape))
    if scale == 1:
        return _found(pixels)
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = pixels.shape
    return tuple(
        Box(
            int(left / scale),
            int(top / scale),
            min(width, int(np.ceil(right / scale))),
            min(height, int(np.ceil(bottom / scale))),
        )
        for left, top, right, bottom in _found(np.asarray(small, np.uint8))
    )


def _found(pixels: NDArray[np.uint8]) -> tuple[Box, ...]:
    height, width = pixels.shape
    strokes = _strokes(pixels)
    if not strokes.any():
        return ()
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones(_JOINED[::-1], np.uint8))
    pieces = connected_components(joined.view(np.bool_))
    boxes = (
        Box(
            max(0, 2 * left - _RIM),
            max(0, 2 * top - _RIM),
            min(width, 2 * (left + wide) + _RIM),
            min(height, 2 * (top + tall) + _RIM),
        )
        for left, top, wide, tall in pieces.boxes[pieces.areas >= _SMALLEST].tolist()
    )
    return tuple(box for box in boxes if _is_drawn(pixels[box.place]))


def _strokes(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where steps in all four directions lie close together, 1 on every second pixel."""
    lit = pixels[::3, ::3] > _LIT
    if np.count_nonzero(lit) < _FEWEST_LIT:
        lit = np.ones_like(lit)
    rising = steps(pixels)
    usual = _usual(rising[0], lit)
    if usual > _NOISY:
        # A scan that was made larger or smaller without smoothing: each pixel is a step.
        rising = steps(np.asarray(cv2.GaussianBlur(pixels, (3, 3), 0), np.uint8))
        usual = _usual(rising[0], lit)
    return dense_in_all(
        _high(step, lit, usual if at == 0 else None) for at, step in enumerate(rising)
    )


def _high(step: NDArray[np.uint8], lit: NDArray[np.bool_], usual: int | None) -> NDArray[np.uint8]:
    """Where a step is higher than those of tissue get, 255 on each such pixel."""
    usual = _usual(step, lit) if usual is None else usual
    least = max(_FAINTEST, _UNUSUAL * usual)
    return np.asarray(cv2.threshold(step, least - 1, 255, cv2.THRESH_BINARY)[1], np.uint8)


def steps(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Measure how far each pixel lies above its left, right, upper and lower neighbour.

    Args:
        pixels: uint8 (H, W).

    Returns:
        Four times uint8 (H, W), 0 where the neighbour is as bright or brighter.
    """
    right, left, below, above = (np.zeros_like(pixels) for _ in range(4))
    cv2.subtract(pixels[:, 1:], pixels[:, :-1], right[:, 1:])
    cv2.subtract(pixels[:, :-1], pixels[:, 1:], left[:, 1:])
    cv2.subtract(pixels[1:], pixels[:-1], below[1:])
    cv2.subtract(pixels[:-1], pixels[1:], above[1:])
    return [right, left, below, above]


def _usual(step: NDArray[np.uint8], lit: NDArray[np.bool_]) -> int:
    """How large the steps between lit pixels get, but for the few that writing may have made."""
    every_third = np.ascontiguousarray(step[::3, ::3])
    counts = cv2.calcHist([every_third], [0], lit.view(np.uint8), [256], [0, 256])
    counted = np.cumsum(counts.ravel().astype(np.int64))
    return int(np.searchsorted(counted, _USUAL / 100 * counted[-1]))


def _is_drawn(part: NDArray[np.uint8]) -> bool:
    """Whether single steps cross much of the way from dark to bright, as no lens lets through."""
    across, down = cv2.absdiff(part[:, 1:], part[:, :-1]), cv2.absdiff(part[1:], part[:-1])
    counts = np.bincount(across.ravel(), minlength=256) + np.bincount(down.ravel(), minlength=256)
    as_sharp = np.cumsum(counts[::-1])[::-1]
    if as_sharp[0] < _SHARPEST:
        return False
    sharp = int(np.flatnonzero(as_sharp >= _SHARPEST)[-1])
    return sharp >= _SHARP * (int(part.max()) - int(part.min()))
