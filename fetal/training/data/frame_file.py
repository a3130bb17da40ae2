"""Scans framed for a network, in one file that a training reads piece by piece."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fetal.progress import OnProgress, Progress
from fetal.scans import Box, ScanError
from fetal.scans.letterbox import Framing

ReadScan = Callable[[], tuple[NDArray[np.uint8], Box | None]]
"""Returns the pixels of a scan, uint8 (H, W), and the box of its sector; None is the whole scan."""


def write_frame_file(
    path: Path,
    reads: Sequence[ReadScan],
    size: int,
    *,
    crop: bool,
    on_progress: OnProgress | None = None,
    on_unreadable: Callable[[int, ScanError], None] | None = None,
) -> None:
    """Read and frame scans into a file, which is there once it is whole.

    Args:
        path: Where the file will be: an array of NumPy, uint8 (n, size, size).
        reads: What reads each scan.
        size: The side of the square, in pixels.
        crop: Whether to the sector, or the whole picture.
        on_progress: Called after every scan.
        on_unreadable: Called with the place of a scan that cannot be read and why; its frame stays
            black. If None, such a scan raises.

    Raises:
        ScanError: A scan cannot be read, and `on_unreadable` is None.

    Example:
        >>> from tempfile import mkdtemp
        >>> path = Path(mkdtemp()) / "frames.npy"
        >>> write_frame_file(path, [lambda: (np.ones((60, 80), np.uint8), None)], 32, crop=False)
        >>> np.load(path).shape
        (1, 32, 32)
    """
    unfinished = path.with_suffix(".part")
    shape = (len(reads), size, size)
    frames = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.uint8, shape=shape)
    for index, read in enumerate(reads):
        try:
            pixels, box = read()
        except ScanError as error:
            if on_unreadable is None:
                raise
            on_unreadable(index, error)
        else:
            height, width = pixels.shape
            framing = Framing.of((height, width), box if crop else None, size)
            frames[index] = framing.apply(pixels)
        if on_progress is not None:
            on_progress(Progress(index + 1, len(reads)))
    frames.flush()
    del frames
    unfinished.replace(path)
