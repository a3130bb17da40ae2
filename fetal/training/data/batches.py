"""Batches of varied scans, and how much each plane counts in them."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.planes import PLANES
from fetal.training.data.augmentation import augment
from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.settings import TrainingSettings

InputsOf = Callable[[NDArray[np.int64], np.random.Generator], NDArray[Any]]
"""Gives the inputs for chosen scans, (k, ...); the generator is for random draws."""


class TrainingBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of training scans, in a new order each epoch, the same for a seed.

    Without `inputs_of` they hold the frames, augmented: (batch, size, size, 1), grey levels.
    """

    def __init__(
        self,
        frames: PreparedScans,
        settings: TrainingSettings,
        weights: NDArray[np.float32],
        epoch: int,
        inputs_of: InputsOf | None = None,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._frames = frames
        self._settings = settings
        self._weights = weights
        self._targets = frames.one_hot()
        self._epoch = epoch
        self._inputs_of = inputs_of or self._augmented
        self._order = self._chance(0).permutation(len(frames.classes))

    def __len__(self) -> int:
        """Batches in an epoch; a last one that is too small for batch statistics is dropped."""
        whole, rest = divmod(len(self._order), self._settings.batch)
        return max(1, whole + (rest >= self._settings.batch // 2))

    def __getitem__(
        self, index: int
    ) -> tuple[NDArray[Any], NDArray[np.float32], NDArray[np.float32]]:
        """The inputs, (batch, ...), the scans' one-hot planes and their weights."""
        batch = self._settings.batch
        chosen = self._order[index * batch : (index + 1) * batch]
        return (
            self._inputs_of(chosen, self._chance(index + 1)),
            self._targets[chosen],
            self._weights[self._frames.classes[chosen]],
        )

    def _augmented(
        self, chosen: NDArray[np.int64], chance: np.random.Generator
    ) -> NDArray[np.float32]:
        pixels = np.stack(
            [augment(self._frames.pixels[i], self._settings.augmentation, chance) for i in chosen]
        )
        return pixels[..., None].astype(np.float32)

    def _chance(self, stream: int) -> np.random.Generator:
        # Keyed by epoch and batch: a run that goes on after a kill sees what it would have seen.
        return np.random.default_rng((self._settings.seed, self._epoch, stream))


class InOrder(keras.utils.PyDataset):  # type: ignore[misc]
    """Every scan of a split once, in its order, with its one-hot plane."""

    def __init__(
        self,
        frames: PreparedScans,
        batch: int,
        inputs_of: Callable[[NDArray[np.int64]], NDArray[Any]],
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._targets = frames.one_hot()
        self._batch = batch
        self._inputs_of = inputs_of

    def __len__(self) -> int:
        return -(-len(self._targets) // self._batch)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        first = index * self._batch
        chosen = np.arange(first, min(first + self._batch, len(self._targets)))
        return self._inputs_of(chosen), self._targets[chosen]


def class_weights(frames: PreparedScans, settings: TrainingSettings) -> NDArray[np.float32]:
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
