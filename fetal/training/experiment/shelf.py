"""Framed scans that the runs of a sweep share: read and framed once for each size and framing."""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fetal.scans import ScanError
from fetal.scans.framing import Framing
from fetal.training.experiment.cases import Case

Pixels = NDArray[np.uint8]


class Shelf:
    """Where framed scans are kept on disk.

    Args:
        folder: Made when something is put there.
        complain: Told, in a sentence, of a scan that cannot be read.
    """

    def __init__(self, folder: Path, complain: Callable[[str], None]) -> None:
        self._folder = folder
        self._complain = complain

    def readable(self, cases: Sequence[Case], size: int, *, crop: bool) -> list[Case]:
        """The cases that can be read; each that cannot has been complained about.

        Args:
            cases: Labelled scans.
            size: A size that will be wanted, so that reading them serves twice.
            crop: Likewise, whether to the sector.
        """
        path = self._place(cases, size, crop=crop)
        if not path.exists():
            self._fill(path, cases, size, crop=crop)
        unread = json.loads(path.with_suffix(".json").read_text())
        for name, sentence in unread.items():
            self._complain(f"{name}: {sentence}")
        return [case for case in cases if case.name not in unread]

    def pixels(self, cases: Sequence[Case], size: int, *, crop: bool) -> Pixels:
        """Frames of cases.

        Args:
            cases: Scans that can be read.
            size: The side of the square, in pixels.
            crop: Whether to the sector, or the whole picture.

        Returns:
            uint8, (n, size, size), in memory that the disk backs.
        """
        path = self._place(cases, size, crop=crop)
        if not path.exists():
            self._fill(path, cases, size, crop=crop)
        frames: Pixels = np.load(path, mmap_mode="r")
        return frames

    def _place(self, cases: Sequence[Case], size: int, *, crop: bool) -> Path:
        which = sha256("\n".join(case.digest for case in cases).encode()).hexdigest()[:16]
        return self._folder / f"{which}-{size}-{'sector' if crop else 'whole'}.npy"

    def _fill(self, path: Path, cases: Sequence[Case], size: int, *, crop: bool) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        shape = (len(cases), size, size)
        frames = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.uint8, shape=shape)
        unread: dict[str, str] = {}
        for index, case in enumerate(cases):
            try:
                pixels, box = case.read()
            except ScanError as error:
                unread[case.name] = str(error)
                continue
            height, width = pixels.shape
            framing = Framing.of((height, width), box if crop else None, size)
            frames[index] = framing.apply(pixels)
        frames.flush()
        del frames
        path.with_suffix(".json").write_text(json.dumps(unread))
        unfinished.replace(path)
