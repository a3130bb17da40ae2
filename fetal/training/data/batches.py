"""Batches of varied scans, and how much each plane counts in them."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.planes import PLANES, Plane
from fetal.training.data.partners import Partners
from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.data.varied_scans import ScansToVary, vary_in_processes, vary_scans
from fetal.training.networks.compute_device import compiles_each_shape, varying_processes
from fetal.training.settings import TrainingSettings

_OTHER = np.eye(len(PLANES), dtype=np.float32)[PLANES.index(Plane.OTHER)]

InputsOf = Callable[[NDArray[np.int64], np.random.Generator], NDArray[Any]]
"""Gives the inputs for chosen scans, (k, ...); the generator is for random draws."""


class TrainingBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of training scans, in a new order each epoch, the same for a seed.

    Without `inputs_of` they hold the frames, augmented: uint8, (batch, rows, columns, 1). Beside a
    GPU, other processes augment them. Where Keras compiles a step for each shape, the last batch is
    filled up with scans that the epoch began with.
    """

    def __init__(
        self,
        frames: PreparedScans,
        settings: TrainingSettings,
        weights: NDArray[np.float32],
        epoch: int,
        inputs_of: InputsOf | None = None,
    ) -> None:
        # Threads only wait for the processes; twice as many, so that none of these waits for work.
        threads = 2 * processes if (processes := varying_processes()) > 1 and not inputs_of else 1
        super().__init__(workers=threads, use_multiprocessing=False, max_queue_size=2 * threads + 8)
        self._vary = vary_in_processes(processes) if threads > 1 else vary_scans
        self._frames = frames
        self._settings = settings
        self._weights = weights
        self._targets = frames.one_hot()
        self._key = (settings.seed, epoch)
        self._inputs_of = inputs_of
        self._partners = Partners(frames)
        self._order = self._chance(0).permutation(len(frames.classes))
        if compiles_each_shape():
            full = -(-len(self._order) // settings.batch) * settings.batch
            self._order = np.resize(self._order, full)

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
        chance = self._chance(index + 1)
        targets = self._targets[chosen]
        weights = self._weights[self._frames.classes[chosen]]
        if self._inputs_of:
            return self._inputs_of(chosen, chance), targets, weights
        other_planes = self._other_planes(chosen, chance)
        made = list(other_planes)
        targets[made] = _OTHER
        # Made of any plane, they count as much as a scan does on average.
        weights[made] = 1
        scans = ScansToVary(
            np.asarray(self._frames.pixels[chosen]),
            self._elsewhere(chosen, chance),
            other_planes,
            self._settings.augmentation,
            (*self._key, index + 1, 1),
        )
        return self._vary(scans)[..., None], targets, weights

    def _other_planes(
        self, chosen: NDArray[np.int64], chance: np.random.Generator
    ) -> dict[int, NDArray[np.uint8]]:
        """For each scan that is to become a frame of no plane, by its place, one of another."""
        if not self._settings.fragments:
            return {}
        drawn = np.flatnonzero(chance.random(len(chosen)) < self._settings.fragments)
        return {
            int(place): np.asarray(
                self._frames.pixels[self._partners.of_another_plane(chosen[place], chance)]
            )
            for place in drawn
        }

    def _elsewhere(
        self, chosen: NDArray[np.int64], chance: np.random.Generator
    ) -> NDArray[np.uint8] | None:
        varied = self._settings.augmentation
        if not (varied.histogram or varied.spectrum):
            return None
        partners = [self._partners.elsewhere(scan, chance) for scan in chosen]
        return np.asarray(self._frames.pixels[partners])

    def _chance(self, stream: int) -> np.random.Generator:
        # Keyed by epoch and batch: a run that goes on after a kill sees what it would have seen,
        # and so does one whose batches are made by several threads.
        return np.random.default_rng((*self._key, stream))


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
        self._batch = _even(batch, len(self._targets)) if compiles_each_shape() else batch
        self._inputs_of = inputs_of

    def __len__(self) -> int:
        return -(-len(self._targets) // self._batch)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        first = index * self._batch
        chosen = np.arange(first, min(first + self._batch, len(self._targets)))
        return self._inputs_of(chosen), self._targets[chosen]


def _even(batch: int, scans: int) -> int:
    """The largest batch that leaves no rest, if one is not much smaller than asked for."""
    return next((size for size in range(batch, batch // 2, -1) if scans % size == 0), batch)


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
