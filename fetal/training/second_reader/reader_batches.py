"""Batches for the second reader: varied scans, and made-up frames that show none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.planes import Plane
from fetal.training.data.augmentation import augment
from fetal.training.data.no_plane_frames import make_fragment
from fetal.training.second_reader.answer_groups import NO_PLANE, answer_of
from fetal.training.second_reader.reader_settings import SecondReaderSettings

Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class ReaderScans:
    """Framed scans and the answer that is right for each.

    Attributes:
        pixels: uint8, (n, 224, 288), as `fetal.training.second_reader.reader_frames` frames them.
        answers: int64, (n,), places among the five answers.
    """

    pixels: NDArray[np.uint8]
    answers: NDArray[np.int64]

    @classmethod
    def of(cls, pixels: NDArray[np.uint8], planes: Sequence[Plane | None]) -> "ReaderScans":
        """Pair framed scans with their planes; None is a scan of no plane at all.

        Raises:
            ValueError: there are no scans, or not as many planes.
        """
        if len(pixels) != len(planes) or not len(pixels):
            raise ValueError(
                f"Expected scans and as many planes; received {len(pixels)} and {len(planes)}."
            )
        return cls(pixels, np.array([answer_of(plane) for plane in planes], np.int64))


class ReaderBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The batches of an epoch, all of one size, the same for a seed and an epoch."""

    def __init__(
        self, scans: ReaderScans, settings: SecondReaderSettings, epoch: int, workers: int
    ) -> None:
        super().__init__(workers=workers, use_multiprocessing=False, max_queue_size=2 * workers)
        self._scans, self._settings, self._epoch = scans, settings, epoch
        count = len(scans.answers)
        order = self._chance(0).permutation(count + round(settings.fragments * count))
        steps = -(-len(order) // settings.batch)
        # What the last batch lacks comes from the beginning: no backend compiles another size.
        self._order = np.resize(order, steps * settings.batch)

    def __len__(self) -> int:
        return len(self._order) // self._settings.batch

    def __getitem__(self, index: int) -> Batch:
        """Scans, (batch, 224, 288, 1), one-hot answers, (batch, 5), and how much each counts."""
        chance, batch = self._chance(index + 1), self._settings.batch
        chosen = self._order[index * batch : (index + 1) * batch]
        drawn = [self._draw(int(place), chance) for place in chosen]
        places = np.array([answer for _, answer in drawn])
        weights = np.where(places == NO_PLANE, self._settings.outliers, 1.0)
        return _batch(np.stack([pixels for pixels, _ in drawn]), places, weights)

    def _draw(self, place: int, chance: np.random.Generator) -> tuple[NDArray[np.uint8], int]:
        """One scan, varied; places beyond the last scan are frames of no plane made of any two."""
        scans, varied = self._scans, self._settings.augmentation
        if place < len(scans.answers):
            pixels, answer = scans.pixels[place], int(scans.answers[place])
        else:
            one = int(chance.integers(len(scans.answers)))
            others = np.flatnonzero(scans.answers != scans.answers[one])
            other = int(chance.choice(others)) if len(others) else one
            pixels = make_fragment(scans.pixels[one], scans.pixels[other], chance)
            answer = NO_PLANE
        partner = None
        if varied.histogram or varied.spectrum:
            partner = scans.pixels[chance.integers(len(scans.answers))]
        return augment(pixels, varied, chance, partner), answer

    def _chance(self, stream: int) -> np.random.Generator:
        # Keyed by epoch and batch: a run that goes on after a kill sees what it would have seen.
        return np.random.default_rng((self._settings.seed, self._epoch, stream))


class ReaderScansInOrder(keras.utils.PyDataset):  # type: ignore[misc]
    """Every scan once, unvaried, in its order."""

    def __init__(self, scans: ReaderScans, batch: int) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._scans, self._batch = scans, batch

    def __len__(self) -> int:
        return -(-len(self._scans.answers) // self._batch)

    def __getitem__(self, index: int) -> Batch:
        """As of `ReaderBatches`; the last batch may be smaller."""
        part = slice(index * self._batch, (index + 1) * self._batch)
        places = self._scans.answers[part]
        return _batch(self._scans.pixels[part], places, np.ones(len(places)))


def _batch(pixels: NDArray[np.uint8], places: NDArray[np.int64], weights: NDArray[Any]) -> Batch:
    targets = np.eye(NO_PLANE + 1, dtype=np.float32)[places]
    return pixels[..., None].astype(np.float32), targets, weights.astype(np.float32)
