"""The grey bar at the side of the screen, which shows what the machine's greys stand for."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans.box import Box
from fetal.scans.sector.components import labelled

_STRIP = 0.09
_WIDEST = 0.75
_ACROSS = 5
_FLAT = 6
_FLAT_SMOOTHED = 30
_SMOOTHING = (5, 9)
_DARKEST = 40
_SHORTEST = 0.05
_RANGE = 60.0
_UNEVEN = 0.15
_FRAME = 2
_WHITE = 250
_SOLID = 0.8
_FILLED = 0.6
_RIM = 4


def find_bars(pixels: NDArray[np.uint8]) -> tuple[Box, ...]:
    """Find grey bars at the left and the right of a picture, over tissue or not.

    A bar is of one grey from side to side, and fades evenly from one end to the other: tissue does
    neither.

    Args:
        pixels: uint8 (H, W), grey, as the machine wrote it.

    Returns:
        A box around each bar, with a narrow rim.

    Example:
        >>> screen = np.zeros((300, 400), np.uint8)
        >>> screen[20:80, 4:24] = np.linspace(235, 5, 60, dtype=np.uint8)[:, None]
        >>> find_bars(screen)
        (Box(left=0, top=16, right=28, bottom=84),)
    """
    width = pixels.shape[1]
    strip = max(1, round(_STRIP * width))
    sides = [(start, pixels[:, start : start + strip]) for start in (0, width - strip)]
    bars = [bar for start, side in sides for bar in _seen(side, start, width, _FLAT)]
    if not bars:
        # Noise hides a bar from the first look; smoothing would widen it where there is none.
        smooth = [
            (start, np.asarray(cv2.blur(side, _SMOOTHING), np.uint8)) for start, side in sides
        ]
        bars = [bar for start, side in smooth for bar in _seen(side, start, width, _FLAT_SMOOTHED)]
    return tuple(bars)


def _seen(strip: NDArray[np.uint8], start: int, width: int, unevenness: int) -> list[Box]:
    height = strip.shape[0]
    shortest = max(3, round(_SHORTEST * height))
    straight = _straight(strip, unevenness, shortest)
    if not straight.any():
        return []
    labels, areas = labelled(straight, connectivity=4)
    found = []
    for label in range(1, len(areas)):
        left, top, wide, tall = cv2.boundingRect((labels == label).view(np.uint8))
        slim = wide < min(_WIDEST * strip.shape[1], 2 * tall)
        if not slim or tall < _SHORTEST * height or areas[label] < _FILLED * wide * tall:
            continue
        # Tissue above or below may be as flat in a column or two.
        rows = np.flatnonzero(straight[top : top + tall, left : left + wide].mean(axis=1) > _SOLID)
        if rows.size == 0:
            continue
        top, tall = top + int(rows[0]), int(rows[-1] - rows[0]) + 1
        levels = strip[top : top + tall, left : left + wide].mean(axis=1)
        if not _fades(levels):
            continue
        # Its dark end goes on beyond what could be told from the screen.
        dark = round(_DARKEST * tall / float(np.ptp(levels)))
        upright = levels[0] > levels[-1]
        found.append(
            Box(
                max(0, start + left - _ACROSS // 2 - _RIM),
                max(0, top - _RIM - (0 if upright else dark)),
                min(width, start + left + wide + _ACROSS // 2 + _RIM),
                min(height, top + tall + _RIM + (dark if upright else 0)),
            )
        )
    return found


def _straight(strip: NDArray[np.uint8], unevenness: int, shortest: int) -> NDArray[np.bool_]:
    """Where each column goes on for so many pixels, bright, and of one grey from side to side."""
    bright = strip > _DARKEST
    if not bright.any():
        return bright
    uneven = cv2.morphologyEx(strip, cv2.MORPH_GRADIENT, np.ones((1, _ACROSS), np.uint8))
    return _opened_upwards((uneven <= unevenness) & bright, shortest)


def _opened_upwards(mask: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Keep the runs of so many true pixels in each column, as `cv2.MORPH_OPEN` does, but faster.

    Beyond the picture, runs go on; of an even length, what is kept lies one pixel lower.
    """
    height, width = mask.shape
    before = length // 2
    whole = np.ones((height + length - 1, width), np.bool_)
    whole[before : before + height] = mask
    # Whether a run goes on from so many rows before a pixel to so many after it.
    goes_on = np.zeros_like(whole)
    goes_on[before : before + height] = _joined(whole, length, np.logical_and)
    return _joined(goes_on, length, np.logical_or)


def _joined(mask: NDArray[np.bool_], length: int, join: np.ufunc) -> NDArray[np.bool_]:
    """Join each pixel with the ones below it, so many in all, in few steps."""
    done = 1
    while done < length:
        more = min(done, length - done)
        mask = join(mask[:-more], mask[more:])
        done += more
    return mask


def _fades(levels: NDArray[np.floating]) -> bool:
    # Its ends may be half a frame around it.
    levels = levels[_FRAME : levels.size - _FRAME]
    # A scan that was brightened has cut the bar's bright end off.
    rows = levels.size
    levels = levels[levels < _WHITE]
    if levels.size < _FRAME + rows // 2 or float(np.ptp(levels)) < _RANGE:
        return False
    places = np.arange(levels.size) - (levels.size - 1) / 2
    # The straight line that fits best, by least squares.
    line = levels.mean() + places * ((places @ levels) / (places @ places))
    return bool(np.abs(levels - line).max() <= _UNEVEN * float(np.ptp(levels)))
