"""Grey from colour, and the flow colours that make a frame unfit."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_STRONG_COLOUR = 60
_SAMPLED = 60_000
_FEWEST = 12
_STEEPEST = 2.5
"""Of a tint of one channel alone, that channel rises by three where the mean rises by one."""
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

    A tint gives each brightness one colour, and is only another grey; flow comes as solid patches
    that differ from what the tissue of their brightness looks like. Callipers and letters are thin
    and vanish when opened.

    Args:
        pixels: uint8 (H, W) or (H, W, 3) in RGB.
        sector: bool (H, W), where the ultrasound is.
    """
    if pixels.ndim == 2:
        return False
    if not ((_span(pixels) >= _STRONG_COLOUR) & sector).any():
        return False
    strong = (_span(_beyond_tint(pixels, sector)) >= _STRONG_COLOUR) & sector
    side = max(5, round(max(sector.shape) / 130))
    patches = cv2.morphologyEx(
        strong.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8)
    )
    return bool(np.count_nonzero(patches) > _FLOW_SHARE * np.count_nonzero(sector))


def _span(colours: NDArray[Any]) -> NDArray[Any]:
    """How far the channels of each pixel of (H, W, 3) lie apart."""
    first, second, third = cv2.split(colours)
    highest = cv2.max(cv2.max(first, second), third)
    return np.asarray(highest - cv2.min(cv2.min(first, second), third))


def _beyond_tint(pixels: NDArray[np.uint8], sector: NDArray[np.bool_]) -> NDArray[np.int16]:
    """How each pixel's colour differs from that of the tissue of its brightness, int16 (H, W, 3).

    On a grey scan it differs by nothing but its brightness from the pixel itself.
    """
    level = np.asarray(cv2.transform(pixels, np.full((1, 3), 1 / 3)), np.uint8)
    step = max(1, round((sector.size / _SAMPLED) ** 0.5))
    seen = np.s_[::step, ::step]
    tint = _tint(pixels[seen][sector[seen]], level[seen][sector[seen]])
    return np.asarray(cv2.subtract(pixels, cv2.LUT(cv2.merge([level] * 3), tint), dtype=cv2.CV_16S))


def _tint(colours: NDArray[np.uint8], levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The usual colour of each brightness, uint8 (256, 1, 3).

    Args:
        colours: uint8 (n, 3), pixels of the sector.
        levels: uint8 (n,), the mean of their channels.
    """
    every = np.arange(256)
    order = np.argsort(levels, kind="stable")
    colours, ends = colours[order], np.searchsorted(levels[order], np.arange(257))
    known = np.flatnonzero(np.diff(ends) >= _FEWEST)
    if known.size == 0:
        return np.repeat(every, 3).astype(np.uint8).reshape(256, 1, 3)
    usual = np.array([np.median(colours[ends[at] : ends[at + 1]], axis=0) - at for at in known])
    # Where flow outnumbers tissue, the usual colour jumps; that of a tint cannot.
    for at in range(1, known.size):
        reach = _STEEPEST * (known[at] - known[at - 1])
        usual[at] = usual[at].clip(usual[at - 1] - reach, usual[at - 1] + reach)
    smooth = [every + np.interp(every, known, usual[:, channel]) for channel in range(3)]
    colours_of = np.rint(np.stack(smooth, axis=1)).clip(0, 255)
    return np.asarray(colours_of, np.uint8).reshape(256, 1, 3)
