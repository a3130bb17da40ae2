"""What is stored under a digest of its own: read, and held against that digest."""

import json
import re
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fetal.scans import Box, Scan, decode_png, pixel_digest
from fetal.store.blobs import BlobError, Blobs, damaged

_DIGEST = re.compile(r"[0-9a-f]{64}")
_EXAMPLES = re.compile(r'"examples": \[')


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


def read_snapshot(blobs: Blobs, key: str) -> dict[str, Any]:
    """Read the frozen list of a run, which is stored under its own digest.

    Args:
        blobs: the files.
        key: where it is.

    Returns:
        The lists `examples` and `test` (`fetal.workbench.datasets.snapshot.freeze`).

    Raises:
        BlobMissingError: it is gone.
        BlobDamagedError: it is not what was stored.
    """
    try:
        snapshot: dict[str, Any] = json.loads(_snapshot_text(blobs, key))
    except ValueError as error:
        raise damaged(key) from error
    for entry in (*snapshot["examples"], *snapshot["test"]):
        # As version 0.1 called it.
        if "side" in entry:
            entry["split"] = entry.pop("side")
    return snapshot


def snapshot_planes(blobs: Blobs, key: str) -> dict[str, str]:
    """Read what a run learnt from and checked itself on; the held-out test set does not count.

    One entry at a time is made an object: half a million of them would take a gigabyte.

    Args:
        blobs: the files.
        key: where the frozen list is.

    Returns:
        The labels, by the scans' digests.

    Raises:
        BlobMissingError: as of `read_snapshot`.
        BlobDamagedError: as of `read_snapshot`.
    """
    read, planes = json.JSONDecoder().raw_decode, {}
    try:
        text = _snapshot_text(blobs, key)
        found = _EXAMPLES.search(text)
        place = found.end() if found else len(text)
        while text[place] != "]":
            entry, place = read(text, place)
            planes[entry["digest"]] = entry["plane"]
            place += len(", ") * text.startswith(", ", place)
    except (ValueError, KeyError, IndexError) as error:
        raise damaged(key) from error
    return planes


def _snapshot_text(blobs: Blobs, key: str) -> str:
    name = PurePosixPath(key).stem
    # Only a name that is a digest can be held against the content.
    return blobs.get(key, digest=name if _DIGEST.fullmatch(name) else None).decode()
