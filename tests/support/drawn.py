"""Scans drawn in a moment, for tests of what does not look at them."""

import io

import numpy as np
from PIL import Image

from fetal.scans import encode_png, find_sector
from fetal.workbench.ingest.upload import UploadedFile


def fan(seed: int) -> np.ndarray:
    """A scan drawn in a moment: a bright fan of noise on black, different for each seed."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:120, :160]
    inside = (np.hypot(rows + 10, columns - 80) < 115) & (abs(columns - 80) < 10 + rows * 0.6)
    return np.where(inside, rng.integers(60, 200, inside.shape), 0).astype(np.uint8)


def file(seed: int, name: str | None = None, kind: str = "PNG") -> UploadedFile:
    """That scan as a file that names no patient."""
    packed = io.BytesIO()
    Image.fromarray(fan(seed)).save(packed, kind)
    return UploadedFile(name or f"scan {seed}.png", packed.getvalue())


def unsure(seed: int, name: str | None = None) -> UploadedFile:
    """A file of a glow without edges, on which no sector can be told apart."""
    rows, columns = np.mgrid[:120, :160]
    glow = (110 + seed) * np.exp(-((rows - 60) ** 2 + (columns - 80) ** 2) / 1500)
    return UploadedFile(name or f"unsure {seed}.png", encode_png(glow.astype(np.uint8)))


def once(screen: np.ndarray) -> np.ndarray:
    """What one look of the finder leaves of a screen, which is what version 0.1 stored."""
    return np.where(find_sector(screen).mask, screen, np.uint8(0))
