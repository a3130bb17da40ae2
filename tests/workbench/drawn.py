"""Scans drawn in a moment, for tests of what does not look at them."""

import io

import numpy as np
from PIL import Image

from fetal.workbench.intake import Incoming


def fan(seed: int) -> np.ndarray:
    """A scan drawn in a moment: a bright fan of noise on black, different for each seed."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:120, :160]
    inside = (np.hypot(rows + 10, columns - 80) < 115) & (abs(columns - 80) < 10 + rows * 0.6)
    return np.where(inside, rng.integers(60, 200, inside.shape), 0).astype(np.uint8)


def file(seed: int, name: str | None = None, kind: str = "PNG") -> Incoming:
    """That scan as a file that names no patient."""
    packed = io.BytesIO()
    Image.fromarray(fan(seed)).save(packed, kind)
    return Incoming(name or f"scan {seed}.png", packed.getvalue())
