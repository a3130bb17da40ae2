"""Corruptions: what befalls a scan on its way, at a moderate level, to see what a model withstands.

The suite follows the idea of Hendrycks and Dietterich (2019, https://arxiv.org/abs/1903.12261),
with what happens to ultrasound scans: other settings of the machine, another compression, a
cropped or mirrored export, a caliper's text, a tilted probe. Each function is deterministic.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.scans import find_sector

Grey = NDArray[np.uint8]


def corrupt(pixels: Grey, name: str) -> Grey:
    """Corrupt a scan as its machine would have written it, text around the sector and all.

    Args:
        pixels: uint8, (height, width), grey levels 0 to 255.
        name: A key of `CORRUPTIONS`.

    Returns:
        uint8, grey; of another size where the corruption changes it.

    Raises:
        ValueError: the suite has no such corruption.

    Example:
        >>> corrupt(np.full((64, 64), 100, np.uint8), "darker").max()
        70
    """
    if name not in CORRUPTIONS:
        raise ValueError(
            f"Expected one of {', '.join(CORRUPTIONS)}; received “{name}”. Choose one of these."
        )
    return CORRUPTIONS[name](pixels)


def _gain(factor: float) -> Callable[[Grey], Grey]:
    return lambda pixels: _levels(pixels * factor)


def _contrast(factor: float) -> Callable[[Grey], Grey]:
    def change(pixels: Grey) -> Grey:
        lit = pixels[pixels > 0]
        middle = float(lit.mean()) if lit.size else 0.0
        changed = _levels(middle + factor * (pixels.astype(np.float32) - middle))
        return np.where(pixels > 0, changed, pixels)

    return change


def _speckle(pixels: Grey) -> Grey:
    grain = np.random.default_rng(0).standard_normal(pixels.shape, dtype=np.float32)
    # Speckle of a machine spans a few pixels: noise of single pixels would vanish when resized.
    grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), 1.5), np.float32)
    return _levels(pixels * (1 + 0.25 * grain / grain.std()))


def _blur(pixels: Grey) -> Grey:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), max(pixels.shape) / 450), np.uint8)


def _jpeg(pixels: Grey) -> Grey:
    _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 25])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)


def _small(pixels: Grey) -> Grey:
    scale = min(1.0, 256 / max(pixels.shape))
    return np.asarray(
        cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )


def _sector_only(pixels: Grey) -> Grey:
    box = find_sector(pixels).box
    return np.asarray(pixels[box.top : box.bottom, box.left : box.right], np.uint8)


def _text(pixels: Grey) -> Grey:
    written = pixels.copy()
    height, width = pixels.shape
    size = height / 700
    for words, x, y in (
        ("GA 21w4d", 0.05, 0.12),
        ("1 D 46.2 mm", 0.05, 0.92),
        ("RIGHT", 0.42, 0.3),
        ("MI 1.2  TIs 0.3", 0.62, 0.95),
        ("+", 0.4, 0.55),
        ("+", 0.6, 0.5),
    ):
        place = (int(x * width), int(y * height))
        cv2.putText(written, words, place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 2, cv2.LINE_AA)
    return written


def _mirrored(pixels: Grey) -> Grey:
    return np.ascontiguousarray(pixels[:, ::-1])


def _rotated(pixels: Grey) -> Grey:
    height, width = pixels.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 15, 1)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height)), np.uint8)


def _levels(values: NDArray[np.floating]) -> Grey:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


CORRUPTIONS: dict[str, Callable[[Grey], Grey]] = {
    "brighter": _gain(1.4),
    "darker": _gain(0.7),
    "less contrast": _contrast(0.6),
    "more contrast": _contrast(1.4),
    "speckle": _speckle,
    "blur": _blur,
    "JPEG, quality 25": _jpeg,
    "256 pixels wide": _small,
    "cropped to the sector": _sector_only,
    "text and calipers": _text,
    "mirrored": _mirrored,
    "rotated by 15°": _rotated,
}
"""The suite by what it is called in tables."""
