"""The fixed variants of a scan that cached features are made of."""

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from fetal.training.data.augmentation import augment
from fetal.training.settings import TrainingSettings

UNVARIED = 0
"""The variant that is the scan itself."""


def plain_variants(settings: TrainingSettings) -> int:
    """How many of the first variants show nothing but the scan: as it is, and mirrored."""
    return 2 if settings.augmentation.flip_horizontal else 1


def vary(frame: NDArray[np.uint8], variant: int, settings: TrainingSettings) -> NDArray[np.uint8]:
    """Make one variant of a framed scan, the same in every run.

    Args:
        frame: uint8, (size, size).
        variant: 0 is the scan as it is and, where the settings mirror scans, 1 its mirror image.
            Each further one is drawn once and for all.
        settings: How far each property may move, and the seed of the draws.

    Returns:
        uint8, (size, size).
    """
    if variant == UNVARIED:
        return np.ascontiguousarray(frame)
    if variant < plain_variants(settings):
        return np.ascontiguousarray(frame[:, ::-1])
    # Drawn by the scan, not by its place among others: another run has others.
    own = int.from_bytes(sha256(frame.tobytes()).digest()[:8], "little")
    chance = np.random.default_rng((settings.seed, variant, own))
    return augment(frame, settings.augmentation, chance)
