"""Prints what becomes of every DICOM file that pydicom ships: the table of docs/formats.md.

    python benchmarks/dicom.py

The larger files come with the package `pydicom-data`; without it the table is shorter.
"""

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pydicom
from pydicom.data.data_manager import DATA_ROOT, DataTypes, external_data_sources

from fetal.scans import ScanError, read_frames

_SHORT = {
    "Implicit VR Little Endian": "implicit",
    "Explicit VR Little Endian": "explicit",
    "Explicit VR Big Endian": "big endian",
    "Deflated Explicit VR Little Endian": "deflated",
    "RLE Lossless": "run lengths",
    "JPEG Baseline (Process 1)": "JPEG baseline",
    "JPEG Extended (Process 2 and 4)": "JPEG extended",
    "JPEG-LS Lossless Image Compression": "JPEG-LS",
    "JPEG-LS Lossy (Near-Lossless) Image Compression": "JPEG-LS, lossy",
    "JPEG 2000 Image Compression (Lossless Only)": "JPEG 2000, lossless",
    "JPEG 2000 Image Compression": "JPEG 2000",
}


def paths() -> list[Path]:
    """The files, by name; none is downloaded."""
    places = [str(path) for path in (Path(DATA_ROOT) / "test_files").glob("*.dcm")]
    for source in external_data_sources().values():
        places += source.get_paths("*.dcm", DataTypes.DATASET)
    found = {Path(place).name: Path(place) for place in places}
    return [found[name] for name in sorted(found, key=str.lower)]


def nature(path: Path) -> str:
    """What a file is: its kind, colours, depth, packing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path, force=True)
        syntax = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID")
        written = [
            str(dataset.get("Modality") or ""),
            str(dataset.get("PhotometricInterpretation") or ""),
            f"{dataset.BitsStored} bits" if "BitsStored" in dataset else "",
            "no header" if syntax is None else _short(syntax.name),
        ]
    return ", ".join(part for part in written if part)


def outcome(path: Path) -> str:
    """What the reader makes of a file: its first frame, or the refusal's sentence."""
    try:
        cine = read_frames(path.read_bytes(), path.name)
        height, width = cine[0].pixels.shape
    except ScanError as error:
        return f"refused: {error}"
    frames = f"{len(cine)} frames of " if len(cine) > 1 else ""
    return f"read: {frames}{width} x {height}"


def table() -> Iterator[str]:
    """The table, a line a file."""
    yield "| File | What it is | Outcome |"
    yield "|---|---|---|"
    for path in paths():
        yield f"| `{path.name}` | {nature(path)} | {outcome(path)} |"


def _short(syntax: str) -> str:
    return "JPEG lossless" if syntax.startswith("JPEG Lossless") else _SHORT.get(syntax, syntax)


if __name__ == "__main__":
    logging.disable()
    print("\n".join(table()))
