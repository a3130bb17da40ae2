"""The feature cache: what frozen layers made of a scan, on disk, for every run that asks again.

A file of its own for each array. Libraries were weighed: docs/contributor.md, “What is ours and
why”.
"""

import os
import time
import zlib
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fetal.configuration.declared import CACHE_GB

Half = NDArray[np.float16]

LIMIT = int(CACHE_GB.default * 10**9)
"""Bytes that a cache may fill where its caller names no bound."""

_LARGEST = float(np.finfo(np.float16).max)

_KEPT = 0.9
"""The share of the limit that is left when room was made."""

_ABANDONED = 3600.0
"""Seconds after which a file that nobody finished is taken for one that a kill left."""


class FeatureCache:
    """A folder of arrays in half precision that forgets what was not used for longest.

    Several processes may use one folder at once. A write is a rename and so is whole or not
    there; what is damaged all the same, by a full disk or a power cut, fails its checksum and
    counts as missing. Features nearly show the scan: the folder is for its owner alone.

    Args:
        folder: Where the arrays lie; made when it is missing.
        limit: Bytes that they may fill. One process never exceeds it; each further one that writes
            at the same time may do so by a twentieth for a moment.

    Raises:
        ValueError: the limit is not positive.

    Example:
        >>> cache = FeatureCache(Path("cache"))  # doctest: +SKIP
        >>> cache.put(key_of(b"scan", b"network"), np.ones(2048, np.float16))  # doctest: +SKIP
    """

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        if limit <= 0:
            raise ValueError(f"A cache expects a limit of at least 1 byte; received {limit}.")
        self._folder = folder
        self.limit = limit
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        # Looked through before the first write: others may have filled it.
        self._written = float("inf")

    def get(self, key: str) -> Half | None:
        """Return the array of a key; None if it is not there or damaged."""
        path = self._path(key)
        try:
            with path.open("rb") as file:
                found = np.lib.format.read_array(file, allow_pickle=False)
                checksum = file.read()
        except (OSError, ValueError, EOFError):
            return None
        if found.dtype != np.float16 or checksum != _checksum(found):
            return None
        _touch(path)
        return np.asarray(found)

    def put(self, key: str, features: Half) -> None:
        """Keep an array under what `key_of` made, unless it alone would fill the cache."""
        if not self.has_room_for(features.nbytes):
            return
        self._make_room(features.nbytes)
        path = self._path(key)
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
        with unfinished.open("wb") as file:
            np.lib.format.write_array(file, features, allow_pickle=False)
            # A reader of .npy files stops at the array's end and never sees it.
            file.write(_checksum(features))
        unfinished.replace(path)

    def has_room_for(self, size: int) -> bool:
        """Whether so many bytes can lie here together, so that none pushes another out."""
        return size <= _KEPT * self.limit

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.npy"

    def _make_room(self, size: int) -> None:
        """Remove what was not used for longest, a tenth of the limit at once."""
        self._written += size
        if self._written <= self.limit / 20:
            return
        files = sorted(self._files())
        total = size + sum(bytes_ for _, bytes_, _ in files)
        for _, bytes_, path in files:
            if total <= _KEPT * self.limit:
                break
            path.unlink(missing_ok=True)
            total -= bytes_
        self._written = 0.0

    def _files(self) -> list[tuple[float, int, Path]]:
        """When each file was last used, its bytes and its place."""
        found = []
        for path in self._folder.glob("*/*"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            abandoned = path.suffix == ".part" and time.time() - status.st_mtime > _ABANDONED
            used = 0.0 if abandoned else status.st_mtime
            found.append((used, status.st_size, path))
        return found


def open_cache(folder: Path) -> FeatureCache:
    """Open the cache in a folder, bounded by the setting `FETAL_CACHE_GB`.

    Raises:
        SettingError: the setting is no positive number.
    """
    return FeatureCache(folder, int(CACHE_GB.value() * 10**9))


def key_of(*parts: bytes) -> str:
    """The key of what the parts together decide: SHA-256 over them and their lengths."""
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def to_half(features: NDArray[np.float32]) -> Half:
    """Round to half precision; what lies beyond its range is brought to the edge."""
    return np.ascontiguousarray(np.clip(features, -_LARGEST, _LARGEST), np.float16)


def _checksum(features: Half) -> bytes:
    return zlib.crc32(features.tobytes()).to_bytes(4, "little")


def _touch(path: Path) -> None:
    # By hand: most disks are mounted so that reading a file leaves no trace.
    with suppress(OSError):
        os.utime(path)
