"""Scans: any file in, grey pixels of the sector out, and no patient in them."""

from fetal.scans.box import Box
from fetal.scans.cine import Cine, is_film, read_frames
from fetal.scans.decode import (
    Scan,
    names_patient,
    pixel_digest,
    read_grey,
    read_scan,
    scan_of_image,
)
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
