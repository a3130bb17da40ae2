"""A run's scans in the size that the network takes: prepared once, read by every epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fetal.planes import PLANES
from fetal.progress import OnProgress
from fetal.training.data.examples import Example
from fetal.training.data.frame_file import write_frame_file
from fetal.training.settings import TrainingSettings


@dataclass(frozen=True)
class PreparedScans:
    """One split's framed scans, in memory that the disk backs, and their classes."""

    pixels: NDArray[np.uint8]
    """uint8, (n, size, size)."""
    classes: NDArray[np.int64]
    patients: tuple[str, ...]
    sources: tuple[str, ...] = ()
    """The data set or the machine that each is of, by any name; none where that is not known."""

    def one_hot(self) -> NDArray[np.float32]:
        """float32, (n, 6)."""
        return np.eye(len(PLANES), dtype=np.float32)[self.classes]

    def grey_levels(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and deviation over all pixels, for three equal channels."""
        counts = np.zeros(256)
        for pixels in self.pixels:
            counts += np.bincount(pixels.ravel(), minlength=256)
        share, level = counts / counts.sum(), np.arange(256)
        mean = float(share @ level)
        return (mean,) * 3, (float(np.sqrt(share @ (level - mean) ** 2)),) * 3


def write_frames(
    examples: Sequence[Example],
    settings: TrainingSettings,
    folder: Path,
    on_progress: OnProgress,
) -> PreparedScans:
    """Read and frame scans once, so that epochs and restarts need not.

    Args:
        examples: The scans of one split.
        settings: Size and framing.
        folder: Where the frames are kept; frames found there are used again.
        on_progress: Called after every scan.
    """
    split = examples[0].split
    path = folder / f"frames-{split}-{settings.size}.npy"
    if not path.exists():
        write_frame_file(
            path,
            [example.read for example in examples],
            settings.size,
            crop=settings.crop_to_sector,
            on_progress=on_progress,
        )
    return PreparedScans(
        pixels=np.load(path, mmap_mode="r"),
        classes=np.array([PLANES.index(example.plane) for example in examples]),
        patients=tuple(example.patient for example in examples),
        sources=tuple(example.source for example in examples),
    )
