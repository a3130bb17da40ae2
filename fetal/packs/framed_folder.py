"""Writes framed scans of packs as a small folder, to be carried to a machine that trains."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fetal.packs.pack import NO_PLANE
from fetal.packs.pack_file import TRAIN_ROLE, PackFile
from fetal.scans import Scan
from fetal.scans.similarity.perceptual_hash import near_duplicate_hash, to_text

TABLE = "frames.csv"
COLUMNS = (*("image", "plane", "patient", "source", "machine", "kind", "role", "digest", "look"),)

QUALITY = 92
"""Of WebP: what it loses of a scan is far below its speckle."""


@dataclass(frozen=True)
class Written:
    """What a folder of framed scans came to hold.

    Attributes:
        scans: how many.
        size: their bytes, with the table.
        contradicted: how many were left out, since the same picture has different planes.
    """

    scans: int
    size: int
    contradicted: int


def write_framed(
    scans: Iterable[tuple[PackFile, Scan]], folder: Path, side: int, quality: int = QUALITY
) -> Written:
    """Cut scans to their sectors, make them small, and write them with a table.

    What is written is blank outside the sector, as every stored scan is. The pack `frames` reads
    it back. The table keeps the digest and the near-duplicate hash of each scan as it was, so that
    a model that learns from the folder knows its training scans again.

    Args:
        scans: labelled images and what was read of them; taken one at a time.
        folder: where to write; made where it is not there.
        side: the longest side in pixels; smaller scans keep their size.
        quality: of WebP, 1 to 100.

    Returns:
        What was written. Of scans with the same pixels there is one.

    Raises:
        ValueError: a scan is of the test set, which never travels to where models are trained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, dict[str, str]] = {}
    contradicted: set[str] = set()
    for file, scan in scans:
        if file.role != TRAIN_ROLE:
            raise ValueError(
                f"Expected training scans only; received one of the role “{file.role}” "
                f"({file.source}). Leave test scans where they are."
            )
        row = _row(file, scan)
        first = rows.setdefault(scan.digest, row)
        if first["plane"] != row["plane"]:
            contradicted.add(scan.digest)
        elif first is row:
            (folder / row["image"]).write_bytes(_picture(scan, side, quality))
    for digest in contradicted:
        (folder / rows.pop(digest)["image"]).unlink()
    _write_table(folder / TABLE, list(rows.values()))
    size = sum((folder / row["image"]).stat().st_size for row in rows.values())
    return Written(len(rows), size + (folder / TABLE).stat().st_size, len(contradicted))


def _row(file: PackFile, scan: Scan) -> dict[str, str]:
    return {
        # By its content: a file's name may be a patient's.
        "image": f"{scan.digest[:16]}.webp",
        "plane": file.plane.value if file.plane else NO_PLANE,
        "patient": file.patient,
        "source": file.source,
        "machine": file.machine or scan.machine or "",
        "kind": file.kind,
        "role": file.role,
        "digest": scan.digest,
        "look": file.look or to_text(near_duplicate_hash(scan.pixels, scan.sector)),
    }


def _picture(scan: Scan, side: int, quality: int) -> bytes:
    packed = io.BytesIO()
    small = _small(scan.pixels[scan.sector.place], side)
    Image.fromarray(small).save(packed, "WEBP", quality=quality, method=6)
    return packed.getvalue()


def _small(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    height, width = pixels.shape
    factor = side / max(height, width)
    if factor >= 1:
        return np.ascontiguousarray(pixels)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _write_table(path: Path, rows: list[dict[str, str]]) -> None:
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    unfinished.replace(path)
