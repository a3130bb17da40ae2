"""Framed scans that the runs of a sweep share: read and framed once for each size and framing."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fetal.experiments.folds import MACHINE, ExperimentScan
from fetal.planes import PLANES
from fetal.scans import ScanError
from fetal.training.data.frame_file import write_frame_file

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class FrameSelection:
    """Some of the framed scans in a file, and whose they are."""

    path: Path
    numbers: tuple[int, ...]
    """Their places in the file."""
    classes: tuple[int, ...]
    """Indices into PLANES."""
    patients: tuple[str, ...]
    sources: tuple[str, ...] = ()
    """The machine of a source that each is of, by any name."""

    def pixels(self) -> Pixels:
        """Read them, uint8 (n, size, size)."""
        frames: Pixels = np.load(self.path, mmap_mode="r")
        return frames[list(self.numbers)]


class FrameStore:
    """Where framed scans are kept on disk.

    Args:
        folder: Made when something is put there.
        on_unreadable: Called with a sentence for each scan that cannot be read.
    """

    def __init__(self, folder: Path, on_unreadable: Callable[[str], None]) -> None:
        self._folder = folder
        self._on_unreadable = on_unreadable

    def readable(
        self, cases: Sequence[ExperimentScan], size: int, *, crop: bool
    ) -> list[ExperimentScan]:
        """The cases that can be read; each that cannot is reported.

        Args:
            cases: Labelled scans.
            size: A size that will be wanted, so that reading them serves twice.
            crop: Likewise, whether to the sector.
        """
        path = self._place(cases, size, crop=crop)
        if not path.with_suffix(".json").exists():
            self._fill(path, cases, size, crop=crop)
        unread = json.loads(path.with_suffix(".json").read_text())
        for case in cases:
            if case.digest in unread:
                self._on_unreadable(f"{case.name}: {unread[case.digest]}")
        return [case for case in cases if case.digest not in unread]

    def take(
        self, cases: Sequence[ExperimentScan], numbers: Sequence[int], size: int, *, crop: bool
    ) -> FrameSelection:
        """Have cases framed, and name some of them.

        Args:
            cases: Scans that can be read.
            numbers: Which of them.
            size: The side of the square, in pixels.
            crop: Whether to the sector, or the whole picture.
        """
        path = self._place(cases, size, crop=crop)
        if not path.with_suffix(".json").exists():
            self._fill(path, cases, size, crop=crop)
        chosen = [cases[number] for number in numbers]
        return FrameSelection(
            path,
            tuple(numbers),
            tuple(PLANES.index(case.plane) for case in chosen),
            tuple(case.patient for case in chosen),
            tuple(case.group(MACHINE) for case in chosen),
        )

    def _place(self, cases: Sequence[ExperimentScan], size: int, *, crop: bool) -> Path:
        which = sha256("\n".join(case.digest for case in cases).encode()).hexdigest()[:16]
        return self._folder / f"{which}-{size}-{'sector' if crop else 'whole'}.npy"

    def _fill(self, path: Path, cases: Sequence[ExperimentScan], size: int, *, crop: bool) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unread: dict[str, str] = {}

        def note(index: int, error: ScanError) -> None:
            unread[cases[index].digest] = str(error)

        reads = [case.read for case in cases]
        write_frame_file(path, reads, size, crop=crop, on_unreadable=note)
        # Written last, in one piece: a store that was stopped before is filled again.
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(unread))
        unfinished.replace(path.with_suffix(".json"))
