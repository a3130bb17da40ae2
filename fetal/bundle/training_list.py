"""Which scans a model was trained on: by their digests, and by what they look like."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fetal.scans.similarity.perceptual_hash import LEARNT_REACH, Fingerprints, distances, from_texts

DIGESTS_FILE = "trained_on.txt"
HASHES_FILE = "trained_on_hashes.txt"
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class TrainingList:
    """The scans that a model was trained on; a model may know few of them, or none.

    Attributes:
        digests: of their pixels (`fetal.scans.Scan.digest`).
        hashes: uint64 (n, 4), their near-duplicate hashes
            (`fetal.scans.similarity.perceptual_hash`). They also tell a scan that comes back under
            other pixels, such as a JPEG of it. Models of program version 0.1 have none.
    """

    digests: frozenset[str]
    hashes: Fingerprints

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the list from a model's folder; what the folder does not hold stays empty."""
        digests, hashes = (_lines(folder / name) for name in (DIGESTS_FILE, HASHES_FILE))
        return cls(frozenset(digests), from_texts(hashes))

    def joined(self, other: "TrainingList") -> "TrainingList":
        """Return the scans of this list and of another one."""
        return TrainingList(
            self.digests | other.digests, np.concatenate([self.hashes, other.hashes])
        )

    def alike(self, hashes: Fingerprints) -> NDArray[np.bool_]:
        """Return which scans look like one that the model was trained on.

        Args:
            hashes: uint64 (m, 4), the scans' near-duplicate hashes.

        Returns:
            bool (m,).
        """
        found = np.zeros(len(hashes), np.bool_)
        if len(self.hashes):
            for start in range(0, len(hashes), _BLOCK):
                near = distances(hashes[start : start + _BLOCK, None], self.hashes)
                found[start : start + _BLOCK] = near.min(axis=1) <= LEARNT_REACH
        return found


def write_training_list(folder: Path, digests: Iterable[str], hashes: Iterable[str]) -> None:
    """Write which scans a model was trained on, one a line, in no order that tells of their own.

    Args:
        folder: the model's folder.
        digests: of the scans' pixels.
        hashes: their near-duplicate hashes, as `perceptual_hash.to_text` returns them; no file is
            written if there are none.
    """
    _write(folder / DIGESTS_FILE, digests)
    if sorted_hashes := set(hashes):
        _write(folder / HASHES_FILE, sorted_hashes)


def _lines(path: Path) -> list[str]:
    return path.read_text("ascii").split() if path.is_file() else []


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in sorted(set(lines))), "ascii")
