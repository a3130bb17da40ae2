"""Batches of varied scans, and how much each plane counts in them."""

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.planes import PLANES
from fetal.training.augmentation import augment
from fetal.training.frames import Frames
from fetal.training.settings import TrainingSettings


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of augmented training frames, in a new order each epoch, the same for a seed."""

    def __init__(
        self, frames: Frames, settings: TrainingSettings, weights: NDArray[np.float32], epoch: int
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._frames = frames
        self._settings = settings
        self._weights = weights
        self._targets = frames.one_hot()
        self._epoch = epoch
        self._order = self._chance(0).permutation(len(frames.classes))

    def __len__(self) -> int:
        """Batches in an epoch; a last one that is too small for batch statistics is dropped."""
        whole, rest = divmod(len(self._order), self._settings.batch)
        return max(1, whole + (rest >= self._settings.batch // 2))

    def __getitem__(
        self, index: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """The frames, (batch, size, size, 1), their one-hot planes and their weights."""
        batch = self._settings.batch
        chosen = self._order[index * batch : (index + 1) * batch]
        chance = self._chance(index + 1)
        pixels = np.stack(
            [augment(self._frames.pixels[i], self._settings.augmentation, chance) for i in chosen]
        )
        return (
            pixels[..., None].astype(np.float32),
            self._targets[chosen],
            self._weights[self._frames.classes[chosen]],
        )

    def _chance(self, stream: int) -> np.random.Generator:
        # Keyed by epoch and batch: a run that goes on after a kill sees what it would have seen.
        return np.random.default_rng((self._settings.seed, self._epoch, stream))


def class_weights(frames: Frames, settings: TrainingSettings) -> NDArray[np.float32]:
    """How much a scan of each plane counts.

    Rare planes count more, with the square root of their rarity: in full proportion, seven
    scans of the cervix would outweigh hundreds of the others.

    Returns:
        float32, (6,), with mean 1 over the training scans.
    """
    counts = np.bincount(frames.classes, minlength=len(PLANES)).astype(np.float32)
    if not settings.class_weights:
        return np.ones(len(PLANES), np.float32)
    weights = np.sqrt(counts.max() / np.maximum(counts, 1))
    return np.asarray(weights * counts.sum() / (weights * counts).sum(), dtype=np.float32)
