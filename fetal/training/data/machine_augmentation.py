"""How the same tissue looks on other machines and presets: grey curve, grain, look, brightness.

Each function takes and gives a framed scan, uint8 (rows, columns), leaves what is blank blank, and
draws from `chance` alone, so that the same state gives the same picture.
"""

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

Grey = NDArray[np.uint8]

_POINTS = 7
"""Control points of a grey curve."""

_COARSE = 64
"""The side at which brightness is exchanged: what changes is coarser than its pixels."""

_REACH = (1, 6)
"""Waves across the picture up to which brightness is exchanged. At most a tenth of those that the
side of `_COARSE` can show, as the papers have it."""


def bend_greys(frame: Grey, most: float, chance: np.random.Generator) -> Grey:
    """Map grey levels through a random rising curve, black to black and white to white.

    A cubic B-spline whose control points rise also rises everywhere; that is what Zhou et al.
    (2019, “Models Genesis”) use Bézier curves for.

    Args:
        frame: The scan.
        most: Each step between control points grows or shrinks by up to this share before the
            steps are brought to full white together; 0.5 halves or doubles it.
        chance: Where the draws come from.
    """
    basis, places = _spline()
    steps = np.diff(places) * (1 - most) ** chance.uniform(-1, 1, _POINTS - 1)
    points = np.concatenate([[0], np.cumsum(steps) / steps.sum()])
    return _through(np.rint(basis @ points * 255).astype(np.uint8), frame)


def add_grain(frame: Grey, most: float, chance: np.random.Generator) -> Grey:
    """Multiply by noise whose grain has a random size and is wider across the beam.

    Speckle is as deep as a pulse is long, and as wide as the beam, which is wider (Burckhardt
    1978, “Speckle in ultrasound B-mode scans”).

    Args:
        frame: The scan.
        most: The largest deviation of the noise.
        chance: Where the draws come from.
    """
    deep = chance.uniform(1, 4)
    wide = deep * chance.uniform(1, 3)
    strength = chance.uniform(0, most)
    rows, columns = frame.shape
    fewer = max(4, round(rows / deep)), max(4, round(columns / wide))
    # Of deviation 1 before the resizing, which only makes it a little less.
    grains = chance.integers(0, 256, fewer, np.uint8).astype(np.float32)
    coarse = (grains - 127.5) * np.float32(strength / 73.9) + 1
    factor = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.multiply(frame, factor, dtype=cv2.CV_8U), dtype=np.uint8)


def sharpen(frame: Grey, most: float, chance: np.random.Generator) -> Grey:
    """Mix in a picture with locally raised contrast and sharp edges.

    The contrast is raised as by Zuiderveld (1994, “Contrast limited adaptive histogram
    equalization”).

    Args:
        frame: The scan.
        most: The largest share of the other picture.
        chance: Where the draws come from.
    """
    share = chance.uniform(0, most)
    width = chance.uniform(0.8, 2.5)
    local = cv2.createCLAHE(2.0, (4, 4)).apply(frame)
    mixed = cv2.addWeighted(frame, 1 - share, local, share, 0)
    smooth = cv2.GaussianBlur(mixed, (0, 0), width)
    sharp = cv2.addWeighted(mixed, 1 + share, smooth, -share, 0)
    return _blank_as(frame, sharp)


def match_histogram(frame: Grey, partner: Grey, chance: np.random.Generator) -> Grey:
    """Give a scan's tissue the grey levels of another's, or a part of the way.

    Args:
        frame: The scan.
        partner: The other, uint8 (rows, columns).
        chance: Where the draws come from.
    """
    share = chance.uniform(0.3, 1)
    own, other = _shares_below(frame), _shares_below(partner)
    levels = np.arange(256)
    matched = np.interp(own, other, levels)
    table = np.rint((1 - share) * levels + share * matched).astype(np.uint8)
    return _through(table, frame)


def mix_spectrum(frame: Grey, partner: Grey, chance: np.random.Generator) -> Grey:
    """Take over some of another scan's coarse brightness, and keep where everything is.

    The amplitudes of the longest waves are mixed and the phases stay: Yang and Soatto (2020,
    “FDA: Fourier Domain Adaptation for Semantic Segmentation”) exchange them, Xu et al. (2021, “A
    Fourier-based Framework for Domain Generalization”) mix them. The change is coarse, so that
    it is computed on a small copy.

    Args:
        frame: The scan.
        partner: The other, uint8 (rows, columns).
        chance: Where the draws come from.
    """
    share = chance.uniform(0, 1)
    reach = int(chance.integers(_REACH[0], _REACH[1] + 1))
    ours, theirs = (_waves(one) for one in (frame, partner))
    low = np.ix_(np.r_[0 : reach + 1, -reach:0], np.arange(reach + 1))
    change = np.zeros_like(ours)
    length = np.maximum(np.abs(ours[low]), 1e-6)
    change[low] = share * (np.abs(theirs[low]) - length) * (ours[low] / length)
    coarse = np.fft.irfft2(change, (_COARSE, _COARSE)).astype(np.float32)
    shift = cv2.resize(coarse, frame.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return _blank_as(frame, cv2.add(frame, shift, dtype=cv2.CV_8U))


@cache
def _spline() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The weight of each control point at each grey level, and where the identity has them."""
    knots = np.r_[[0.0] * 3, np.linspace(0, 1, _POINTS - 2), [1.0] * 3]
    basis = BSpline.design_matrix(np.arange(256) / 255, knots, 3).toarray()
    return basis, np.array([knots[i + 1 : i + 4].mean() for i in range(_POINTS)])


def _through(table: Grey, frame: Grey) -> Grey:
    table[0] = 0
    return np.asarray(cv2.LUT(frame, table), dtype=np.uint8)


def _blank_as(frame: Grey, changed: NDArray[Any]) -> Grey:
    return np.asarray(cv2.bitwise_and(changed, changed, mask=frame), dtype=np.uint8)


def _shares_below(frame: Grey) -> NDArray[np.float64]:
    """The share of the tissue that is at most as bright as each level, rising, (256,)."""
    counts = cv2.calcHist([frame], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    counts[0] = 0
    total = np.cumsum(counts + 1e-3)
    return np.asarray(total / total[-1])


def _waves(frame: Grey) -> NDArray[np.complexfloating]:
    small = cv2.resize(frame, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA)
    return np.asarray(np.fft.rfft2(small.astype(np.float32)))
