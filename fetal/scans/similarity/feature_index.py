"""Which scans a network sees most alike: all are compared, exactly, in memory.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.floating]

WIDTH = 256
"""Numbers that are kept of each scan where there are more: random directions keep the angles
between features to a few hundredths (Johnson and Lindenstrauss 1984)."""

_ROWS = 65_536


class FeatureIndex:
    """Directions of features, to which scans are added as they come.

    What all scans have in common says nothing of a likeness: the mean is taken away, and the
    angles between what is left are compared, as `feature_neighbours` does. 512 bytes a scan.

    Args:
        channels: how many features a scan has.

    Example:
        >>> index = FeatureIndex(3)
        >>> index.add(np.array([4, 7, 9]), np.array([[1, 0, 0], [0.9, 0.1, 0], [0, 0, 1.0]]))
        >>> index.nearest(np.array([1, 0, 0]), 2)[0].tolist()
        [4, 7]
    """

    def __init__(self, channels: int) -> None:
        self.channels = channels
        chooser = np.random.default_rng(0)
        directions = chooser.standard_normal((channels, WIDTH)) / np.sqrt(WIDTH)
        self._directions = directions.astype(np.float32) if channels > WIDTH else None
        self._numbers: list[NDArray[np.int64]] = []
        self._parts: list[NDArray[np.float16]] = []
        self._sum = np.zeros(min(channels, WIDTH), np.float64)

    def __len__(self) -> int:
        """How many scans it holds."""
        return sum(map(len, self._numbers))

    def add(self, numbers: NDArray[np.int64], features: Features) -> None:
        """Add scans.

        Args:
            numbers: int64 (n,), by which they are known.
            features: (n, channels).
        """
        kept = self.shortened(features)
        self._numbers.append(np.asarray(numbers, np.int64))
        self._parts.append(kept.astype(np.float16))
        self._sum += kept.sum(axis=0, dtype=np.float64)

    def all(self) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """Return all numbers, int64 (n,), and what is kept of the scans, float16 (n, k)."""
        if len(self._parts) > 1:
            self._numbers = [np.concatenate(self._numbers)]
            self._parts = [np.concatenate(self._parts)]
        if not self._parts:
            return np.empty(0, np.int64), np.empty((0, len(self._sum)), np.float16)
        return self._numbers[0], self._parts[0]

    def nearest(self, asked: Features, most: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Find the scans that are seen most alike one.

        Args:
            asked: (channels,), its features.
            most: how many to find, at the most.

        Returns:
            Their numbers, the most alike first, and the cosines, -1 to 1.
        """
        numbers, kept = self.all()
        if not len(numbers):
            return numbers, np.empty(0, np.float32)
        mean = (self._sum / len(numbers)).astype(np.float32)
        aim = self.shortened(np.asarray(asked)[None])[0] - mean
        aim /= max(float(np.linalg.norm(aim)), 1e-9)
        cosines = np.empty(len(numbers), np.float32)
        for start in range(0, len(numbers), _ROWS):
            part = kept[start : start + _ROWS].astype(np.float32) - mean
            lengths = np.maximum(np.sqrt(np.einsum("ij,ij->i", part, part)), 1e-9)
            cosines[start : start + _ROWS] = part @ aim / lengths
        wanted = min(most, len(numbers))
        first = np.argpartition(-cosines, wanted - 1)[:wanted]
        first = first[np.argsort(-cosines[first], kind="stable")]
        return numbers[first], cosines[first]

    def shortened(self, features: Features) -> NDArray[np.float32]:
        """Return what is kept of features, (n, channels): float32 (n, k)."""
        values = np.asarray(features, np.float32)
        return values if self._directions is None else values @ self._directions
