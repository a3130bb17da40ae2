"""What is stored under a digest of its own: read, and held against that digest."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fetal.scans import Box, Scan, decode_png, pixel_digest
from fetal.store.blobs import BlobError, Blobs, damaged

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BETWEEN = re.compile(r"\s*,?\s*")

EXAMPLES = "examples"
"""The part of a frozen list that a run learns from and checks itself on."""
HELD_OUT = "test"
"""The part that is held out."""


def read_picture(blobs: Blobs, key: str, digest: str) -> bytes:
    """Read the picture of a stored scan as it was stored.

    Args:
        blobs: the files.
        key: where the picture is.
        digest: the scan's digest (`fetal.scans.pixel_digest`).

    Returns:
        A PNG file.

    Raises:
        BlobMissingError: the picture is gone.
        BlobDamagedError: it is not the picture that was stored.
    """
    data = blobs.get(key)
    _decoded(data, key, digest)
    return data


def read_pixels(blobs: Blobs, key: str, digest: str) -> NDArray[np.uint8]:
    """Read the pixels of a stored scan.

    Args:
        blobs: the files.
        key: where the picture is.
        digest: the scan's digest (`fetal.scans.pixel_digest`).

    Returns:
        uint8 (H, W), grey.

    Raises:
        BlobMissingError: as of `read_picture`.
        BlobDamagedError: as of `read_picture`.
    """
    return _decoded(blobs.get(key), key, digest)


def read_stored_scan(
    blobs: Blobs, key: str, digest: str, sector: Box, machine: str | None = None
) -> Scan:
    """Read a stored scan as a model takes it.

    Args:
        blobs: the files.
        key: where the picture is.
        digest: the scan's digest (`fetal.scans.pixel_digest`).
        sector: the box around its sector.
        machine: the ultrasound machine's model, if it is known.

    Returns:
        The scan; its sector counts as found unless it is the whole picture.

    Raises:
        BlobMissingError: as of `read_picture`.
        BlobDamagedError: as of `read_picture`.
    """
    pixels = read_pixels(blobs, key, digest)
    height, width = pixels.shape
    whole = Box(0, 0, width, height)
    return Scan(pixels, sector, sector != whole, digest, machine=machine)


def _decoded(data: bytes, key: str, digest: str) -> NDArray[np.uint8]:
    try:
        pixels = decode_png(data)
    except Exception as error:
        # A decoder meets damage in many ways, and raises as many kinds of errors.
        raise damaged(key) from error
    if pixel_digest(pixels) != digest:
        raise damaged(key)
    return pixels


def holds_pixels(blobs: Blobs, key: str, digest: str) -> bool:
    """Return whether a stored scan's picture is there and undamaged."""
    try:
        read_pixels(blobs, key, digest)
    except BlobError:
        return False
    return True


def snapshot_entries(blobs: Blobs, key: str, *parts: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read parts of the frozen list of a run, which is stored under its own digest.

    One entry at a time is made an object: half a million of them would take a gigabyte.

    Args:
        blobs: the files.
        key: where the list is.
        parts: `EXAMPLES`, which a run learns from and checks itself on, or `HELD_OUT`, or both.

    Yields:
        The part, and a scan in it as `fetal.workbench.datasets.snapshot.freeze` wrote it down.

    Raises:
        BlobMissingError: the list is gone.
        BlobDamagedError: it is not what was stored.
    """
    text = _snapshot_text(blobs, key)
    read = json.JSONDecoder().raw_decode
    try:
        for part in parts:
            place = _end_of(re.compile(rf'"{part}":\s*\[\s*').search(text))
            while text[place] != "]":
                entry, place = read(text, place)
                # As version 0.1 called it.
                if "side" in entry:
                    entry["split"] = entry.pop("side")
                yield part, entry
                place = _end_of(_BETWEEN.match(text, place))
    except (ValueError, IndexError, TypeError) as error:
        raise damaged(key) from error


def snapshot_planes(blobs: Blobs, key: str) -> dict[str, str]:
    """Read what a run learnt from and checked itself on; the held-out test set does not count.

    Args:
        blobs: the files.
        key: where the frozen list is.

    Returns:
        The labels, by the scans' digests.

    Raises:
        BlobMissingError: as of `snapshot_entries`.
        BlobDamagedError: as of `snapshot_entries`.
    """
    found = snapshot_entries(blobs, key, EXAMPLES)
    return {entry["digest"]: entry["plane"] for _, entry in found}


def put_snapshot(blobs: Blobs, entries: Iterable[tuple[str, dict[str, Any]]]) -> str:
    """Store a frozen list under its own digest.

    It is written piece by piece, and held in memory once: as objects, half a million scans would
    take more than a gigabyte.

    Args:
        blobs: the files.
        entries: of each scan the part (`EXAMPLES` or `HELD_OUT`) and the entry.

    Returns:
        The blob's key, which `snapshot_digest` reads.
    """
    begin = {EXAMPLES: b'{"examples": [', HELD_OUT: b'], "test": ['}
    files = {part: BytesIO() for part in begin}
    for part, entry in entries:
        file = files[part]
        file.write(b", " if file.tell() else begin[part])
        file.write(json.dumps(entry, sort_keys=True).encode())
    for part, file in files.items():
        file.write(b"" if file.tell() else begin[part])
    whole, apart = files.values()
    whole.write(apart.getbuffer())
    whole.write(b"]}")
    content = whole.getvalue()
    key = f"snapshots/{hashlib.sha256(content).hexdigest()}.json"
    blobs.put(key, content)
    return key


def snapshot_digest(key: str) -> str:
    """Return the digest of a frozen list.

    Args:
        key: where it is.
    """
    return PurePosixPath(key).stem


def _end_of(found: re.Match[str] | None) -> int:
    if found is None:
        raise ValueError("Expected a list of scans, received another text.")
    return found.end()


def _snapshot_text(blobs: Blobs, key: str) -> str:
    name = snapshot_digest(key)
    # Only a name that is a digest can be held against the content.
    return blobs.get(key, digest=name if _DIGEST.fullmatch(name) else None).decode()
