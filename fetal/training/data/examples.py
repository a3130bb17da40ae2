"""The scans of a run, and which scans may be among them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal.phantom import EARLY_PLANES, simulate
from fetal.planes import PLANES, Plane
from fetal.scans import Box, encode_png
from fetal.scans.similarity.perceptual_hash import near_duplicate_hash, to_text
from fetal.splits import TRAIN, VALIDATION, check_apart
from fetal.training.settings import TrainingSettings

Grey = NDArray[np.uint8]


class UnfitExamplesError(ValueError):
    """The scans given cannot be trained on; the message says why and what to do."""


@dataclass(frozen=True)
class Example:
    """One labelled scan of a run. `split` is `train` or `validation`, never `test`."""

    digest: str
    plane: Plane
    patient: str
    split: str
    read: Callable[[], tuple[Grey, Box | None]]
    """Returns the pixels, uint8 (height, width), and the box around the sector; None if unknown."""
    look: str | None = None
    """Its near-duplicate hash as `hash_of` returns it, if that is known already."""
    source: str = ""
    """The data set or the machine that it is of, by any name; empty where that is not known."""

    def __post_init__(self) -> None:
        if self.split not in (TRAIN, VALIDATION):
            raise UnfitExamplesError(
                f"Expected a scan to be in the split “{TRAIN}” or “{VALIDATION}”; received "
                f"“{self.split}”. Scans of the locked test set never reach training."
            )


def hash_of(example: Example) -> str:
    """Return a scan's near-duplicate hash, by which it is known again under other pixels.

    Args:
        example: The scan.

    Returns:
        The hash as `fetal.scans.similarity.perceptual_hash.to_text` writes it.
    """
    if example.look is not None:
        return example.look
    pixels, box = example.read()
    height, width = pixels.shape
    return to_text(near_duplicate_hash(pixels, box or Box(0, 0, width, height)))


def check_examples(examples: Sequence[Example]) -> None:
    """Make sure that a model can be trained and judged on these scans.

    Raises:
        UnfitExamplesError: a split is empty or the training split shows fewer than two planes.
        ValueError: a patient is in both splits.
    """
    splits = {
        split: [example for example in examples if example.split == split]
        for split in (TRAIN, VALIDATION)
    }
    for split, members in splits.items():
        if not members:
            raise UnfitExamplesError(
                f"Expected at least one scan on the {split} split; received none. "
                "Label scans of more patients."
            )
    if len({example.plane for example in splits[TRAIN]}) < 2:
        raise UnfitExamplesError(
            "Expected at least two planes among the training scans; received one. "
            "Label scans of another plane."
        )
    check_apart({split: [item.patient for item in members] for split, members in splits.items()})


def phantoms(settings: TrainingSettings) -> list[Example]:
    """The simulated scans that a run adds to its training split."""

    def drawn(plane: Plane, seed: int, early: bool) -> Example:
        def read() -> tuple[Grey, Box | None]:
            # Imported here: it needs pydicom, and a training on prepared scans reads none.
            from fetal.scans import read_scan

            # The way of every other scan, so that the model sees what it will see of the samples.
            scan = read_scan(encode_png(simulate(plane, seed, early=early).pixels), "")
            return scan.pixels, scan.sector

        name = f"phantom-{'early-' if early else ''}{plane}-{seed}"
        return Example(name, plane, name, TRAIN, read, source="phantom")

    # The samples that the app shows are drawn from small seeds: these must be others.
    first = 1_000_000
    usual = dict.fromkeys(PLANES, settings.phantoms)
    # At that age the head looks least like itself; the trunk is above all small.
    heads = settings.early_phantoms
    early = {plane: heads if plane is Plane.BRAIN else heads // 3 for plane in EARLY_PLANES}
    return [
        drawn(plane, first + number, young)
        for young, counts in ((False, usual), (True, early))
        for plane, count in counts.items()
        for number in range(count)
    ]
