"""Augmentation: the same scan, placed, lit and blurred a little differently each time."""

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from fetal.training.data.machine_augmentation import (
    add_grain,
    bend_greys,
    match_histogram,
    mix_spectrum,
    sharpen,
)
from fetal.training.settings import Augmentation

Grey = NDArray[np.uint8]


def augment(
    frame: Grey,
    settings: Augmentation,
    chance: np.random.Generator,
    partner: Grey | None = None,
) -> Grey:
    """Vary one framed scan.

    Args:
        frame: uint8, (rows, columns).
        settings: How far each property may move.
        chance: Where the draws come from; the same state gives the same picture. What is set to
            nothing draws nothing.
        partner: Another scan, of the same shape, whose grey levels or brightness it may take over.
            Without it, it keeps its own.

    Returns:
        uint8, of the same shape.
    """
    frame = _place(frame, settings, chance)
    if settings.coarseness > 1 and chance.random() < 0.3:
        frame = _coarsen(frame, settings, chance)
    frame = _as_elsewhere(frame, settings, chance, partner)
    frame = _shade(frame, settings, chance)
    if settings.grain and chance.random() < 0.5:
        frame = add_grain(frame, settings.grain, chance)
    if settings.writing and chance.random() < settings.writing:
        frame = _write(frame, chance)
    if settings.blank and chance.random() < settings.blank:
        frame = _blank(frame, chance)
    return frame


def _place(frame: Grey, settings: Augmentation, chance: np.random.Generator) -> Grey:
    rows, columns = frame.shape
    angle = chance.uniform(-settings.rotation, settings.rotation)
    scale = 1 + chance.uniform(-settings.zoom, settings.zoom)
    across, down = chance.uniform(-settings.shift, settings.shift, 2)
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, scale)
    matrix[:, 2] += (across * columns, down * rows)
    if settings.stretch or settings.depth:
        matrix = _reshaped(matrix, (rows, columns), settings, chance)
    if settings.flip_horizontal and chance.random() < 0.5:
        matrix[0] = -matrix[0] + (0, 0, columns - 1)
    if settings.flip_vertical and chance.random() < 0.5:
        matrix[1] = -matrix[1] + (0, 0, rows - 1)
    return np.asarray(cv2.warpAffine(frame, matrix, (columns, rows)), dtype=np.uint8)


def _reshaped(
    matrix: NDArray[Any],
    shape: tuple[int, int],
    settings: Augmentation,
    chance: np.random.Generator,
) -> NDArray[Any]:
    """Stretch about the middle, and enlarge from the probe down, the middle of the upper edge."""
    rows, columns = shape
    wider = (1 + settings.stretch) ** chance.uniform(-0.5, 0.5)
    across, down, top = wider, 1 / wider, rows * (1 - 1 / wider) / 2
    if settings.depth and chance.random() < 0.5:
        nearer = (1 - settings.depth) ** chance.uniform(-1, 1)
        across, down, top = across * nearer, down * nearer, top * nearer
    matrix = matrix * [[across], [down]]
    matrix[:, 2] += (columns * (1 - across) / 2, top)
    return matrix


def _as_elsewhere(
    frame: Grey, settings: Augmentation, chance: np.random.Generator, partner: Grey | None
) -> Grey:
    if partner is not None:
        if settings.spectrum and chance.random() < settings.spectrum:
            frame = mix_spectrum(frame, partner, chance)
        if settings.histogram and chance.random() < settings.histogram:
            frame = match_histogram(frame, partner, chance)
    if settings.harmonic and chance.random() < 0.5:
        frame = sharpen(frame, settings.harmonic, chance)
    if settings.curve and chance.random() < 0.5:
        frame = bend_greys(frame, settings.curve, chance)
    return frame


def _coarsen(frame: Grey, settings: Augmentation, chance: np.random.Generator) -> Grey:
    rows, columns = frame.shape
    factor = chance.uniform(1, settings.coarseness)
    small = max(16, round(columns / factor)), max(16, round(rows / factor))
    fewer = cv2.resize(frame, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(fewer, (columns, rows)), dtype=np.uint8)


def _write(frame: Grey, chance: np.random.Generator) -> Grey:
    rows, columns = frame.shape
    written = frame.copy()
    for _ in range(chance.integers(1, 6)):
        length = chance.integers(1, 12)
        words = "".join(chance.choice(list("ABDEGILMRT0123456789.+ "), length))
        place = tuple(int(part) for part in chance.uniform(0, (columns, rows)))
        height = rows / 640 * chance.uniform(0.7, 1.6)
        level = int(chance.integers(140, 256))
        cv2.putText(written, words, place, cv2.FONT_HERSHEY_SIMPLEX, height, level, 1, cv2.LINE_AA)
    return written


def _blank(frame: Grey, chance: np.random.Generator) -> Grey:
    blanked = frame.copy()
    half = frame.shape * chance.uniform(0.05, 0.2, 2)
    top, left = np.maximum(middle := chance.uniform(0, frame.shape), half) - half
    bottom, right = middle + half
    blanked[int(top) : int(bottom), int(left) : int(right)] = 0
    return blanked


def _shade(frame: Grey, settings: Augmentation, chance: np.random.Generator) -> Grey:
    if settings.blur and chance.random() < 0.3:
        frame = np.asarray(
            cv2.GaussianBlur(frame, (0, 0), chance.uniform(0.3, settings.blur)), dtype=np.uint8
        )
    # What depends on the grey level alone is one table of 256 entries, not a pass a property.
    level = np.arange(256) / 255
    gamma = (1 + settings.gamma) ** chance.uniform(-1, 1)
    contrast = 1 + chance.uniform(-settings.contrast, settings.contrast)
    gain = chance.uniform(-settings.gain, settings.gain)
    lift = chance.uniform(0, settings.lift)
    table = (level**gamma - 0.25) * contrast + 0.25 + gain * level**0.5
    table = lift + (1 - lift) * table
    # What was blanked around the sector stays blank, whatever befalls the tissue.
    table[0] = 0
    # Through tables, not by arithmetic on arrays: it is quicker, and other threads go on meanwhile.
    shaded = cv2.LUT(frame, np.clip(table * 255, 0, 255).astype(np.uint8))
    if settings.speckle and chance.random() < 0.5:
        strength = np.float32(chance.uniform(0, settings.speckle))
        drawn = chance.integers(0, 256, frame.shape, np.uint8)
        shaded = cv2.multiply(shaded, cv2.LUT(drawn, 1 + strength * _normal()), dtype=cv2.CV_8U)
    return np.asarray(shaded, dtype=np.uint8)


@cache
def _normal() -> NDArray[np.float32]:
    """256 equally likely values of a normal distribution of deviation 1, float32, (256,)."""
    values = ndtri((np.arange(256) + 0.5) / 256)
    return np.asarray(values / values.std(), dtype=np.float32)
