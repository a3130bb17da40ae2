"""Scans: any file in, grey pixels of the sector out, and no patient in them."""

import importlib
from typing import TYPE_CHECKING, Any

from fetal.scans.box import Box
from fetal.scans.deidentification.pseudonyms import PseudonymKeyError, Pseudonyms
from fetal.scans.errors import (
    AnimatedError,
    BlankScanError,
    ColourDopplerError,
    EmptyFileError,
    NotAnImageError,
    ScanError,
    TooLargeError,
    TooSmallError,
    TruncatedError,
    UnsupportedFormatError,
)
from fetal.scans.limits import Limits
from fetal.scans.png import decode_png, encode_png
from fetal.scans.sector.burned_in_text import find_lettering
from fetal.scans.sector.detect_sector import Sector, find_sector

if TYPE_CHECKING:
    from fetal.scans.cine import Cine, read_frames
    from fetal.scans.decode import (
        Scan,
        names_patient,
        pixel_digest,
        read_grey,
        read_scan,
        scan_of_image,
    )
    from fetal.scans.dicom.file import is_film

__all__ = [
    "AnimatedError",
    "BlankScanError",
    "Box",
    "Cine",
    "ColourDopplerError",
    "EmptyFileError",
    "Limits",
    "NotAnImageError",
    "PseudonymKeyError",
    "Pseudonyms",
    "Scan",
    "ScanError",
    "Sector",
    "TooLargeError",
    "TooSmallError",
    "TruncatedError",
    "UnsupportedFormatError",
    "decode_png",
    "encode_png",
    "find_lettering",
    "find_sector",
    "is_film",
    "names_patient",
    "pixel_digest",
    "read_frames",
    "read_grey",
    "read_scan",
    "scan_of_image",
]

_READING_FILES = {
    "cine": ("Cine", "read_frames"),
    "decode": (
        *("Scan", "names_patient", "pixel_digest", "read_grey", "read_scan", "scan_of_image"),
    ),
    "dicom.file": ("is_film",),
}
"""What needs pydicom, by the module that it is in."""


def __getattr__(name: str) -> Any:
    # Fetched when asked for: whoever trains on prepared scans reads no files.
    for module, names in _READING_FILES.items():
        if name in names:
            return getattr(importlib.import_module(f"fetal.scans.{module}"), name)
    raise AttributeError(f"module “fetal.scans” has no “{name}”; it has {', '.join(__all__)}.")
