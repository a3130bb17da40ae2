"""From the bytes of a file to a scan without its patient."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fetal.scans.box import Box
from fetal.scans.decoded_picture import DecodedPicture, Header
from fetal.scans.deidentification.placeholders import PLACEHOLDER_PATIENT
from fetal.scans.errors import BlankScanError, ColourDopplerError
from fetal.scans.limits import Limits
from fetal.scans.raster import is_dicom, pixels_of, read_picture
from fetal.scans.sector.blanking import blank
from fetal.scans.sector.burned_in_text import lettering_over
from fetal.scans.to_grey import shows_flow, to_grey
from fetal.scans.unusual_pictures import unusual

_NAMED_PATIENT = re.compile(r"(Patient\d+)(?!\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scan:
    """One frame, grey and blank outside its sector.

    Args:
        pixels: uint8 (H, W), 0 outside the sector.
        sector: the box around what the ultrasound fills.
        sector_found: false where no sector was told apart and the box is the whole picture.
        digest: SHA-256 over shape and pixels, in hexadecimal: the same pixels, the same digest,
            whatever the format.
        patient: the patient's raw identifier, to be made a pseudonym before anything is kept, or
            None where the file names none.
        machine: the ultrasound machine's model in known words, or None.
        study: the examination's raw identifier, for a pseudonym, or None.
        day: the day of the examination, for an offset to be made of, or None; not to be kept.
        facts: what else the allow-list keeps (`fetal.scans.dicom.allowlist`), by name.
        warnings: what a person should know, as sentences.
        regions: the boxes that the file itself says hold pictures of tissue, if it says so.
        lettering: boxes around what seems to be written over the ultrasound, and is still in
            `pixels`; a warning then asks to check that it is no name.
        earlier: digests of the same picture as it arrived, and after each look at it but the last
            (`fetal.scans.sector.blanking`). The first one is of what may hold a name and is not to
            be kept, unless it is known as a scan's own.
    """

    pixels: NDArray[np.uint8]
    sector: Box
    sector_found: bool
    digest: str
    patient: str | None = None
    machine: str | None = None
    study: str | None = None
    day: date | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    regions: tuple[Box, ...] = ()
    lettering: tuple[Box, ...] = ()
    earlier: tuple[str, ...] = ()

    @property
    def digests(self) -> frozenset[str]:
        """Every digest by which this picture may be known."""
        return frozenset((self.digest, *self.earlier))


def read_scan(data: bytes, name: str, limits: Limits | None = None) -> Scan:
    """Read one file: decode, make grey, find the sector, blank the rest.

    Args:
        data: the file's bytes; the format is told from them.
        name: the file's name, looked at only for a patient at its start (`Patient00042_…`).
        limits: how large a file may be; if None, what the environment sets.

    Returns:
        The scan.

    Raises:
        ScanError: one of its kinds, whose text is the one sentence to show.

    Example:
        >>> from fetal.scans import encode_png
        >>> fan = np.zeros((200, 300), np.uint8)
        >>> fan[20:180, 50:250] = 90
        >>> read_scan(encode_png(fan), "Patient00042_a.png").patient
        'Patient00042'
    """
    return scan_of(_decode(data, limits), name)


def scan_of_image(image: Image.Image, name: str = "", limits: Limits | None = None) -> Scan:
    """Read a Pillow image as `read_scan` reads its file.

    Args:
        image: the image, in any of Pillow's modes; of one with several frames the present one.
        name: its file's name, looked at only for a patient at its start.
        limits: how large it may be; if None, what the environment sets.

    Returns:
        The scan.

    Raises:
        ScanError: one of its kinds, whose text is the one sentence to show.
    """
    pixels = pixels_of(image, limits or Limits.from_environment())
    return scan_of(DecodedPicture(pixels, Header()), name)


def scan_of(picture: DecodedPicture, name: str) -> Scan:
    """Make a scan of a decoded picture: grey, and blank outside its sector.

    Where a file tells its regions of tissue, the sector is looked for within each of them, and all
    else is blank.

    Args:
        picture: the picture with what is taken from its tags.
        name: the file's name, looked at only for a patient at its start.

    Returns:
        The scan.

    Raises:
        BlankScanError: the picture is one flat grey.
        ColourDopplerError: it shows flow.
    """
    header = picture.header
    grey = to_grey(picture.pixels)
    if grey.min() == grey.max():
        raise BlankScanError
    blanked = blank(grey, picture.regions)
    pixels, sector = blanked.pixels, blanked.sector
    if shows_flow(picture.pixels, sector.mask):
        raise ColourDopplerError
    warnings = unusual(grey)
    if not sector.found:
        warnings.append(
            "The ultrasound could not be told from the rest of the screen, so the whole picture is "
            "kept: please check that no name is written on it."
        )
    patient = header.patient or _patient_in(name)
    if header.placeholder and patient is None:
        warnings.append(PLACEHOLDER_PATIENT)
    lettering = lettering_over(grey, sector.writing, sector.mask)
    if lettering:
        warnings.append(
            "Something seems to be written over the ultrasound: please check that it is no name."
        )
    return Scan(
        pixels,
        sector.box,
        sector.found,
        pixel_digest(pixels),
        patient,
        header.machine,
        header.study,
        header.day,
        header.facts,
        warnings,
        picture.regions,
        lettering,
        tuple(pixel_digest(look) for look in (grey, *blanked.looks)),
    )


def before_and_after(
    data: bytes, name: str, limits: Limits | None = None
) -> tuple[NDArray[np.uint8], Scan]:
    """Read one file as `read_scan` does, and give what it was made of, for a person to compare.

    Args:
        data: the file's bytes; the format is told from them.
        name: the file's name, looked at only for a patient at its start.
        limits: how large a file may be; if None, what the environment sets.

    Returns:
        uint8 (H, W), the grey levels as the machine wrote them, which may not be kept; and the
        scan.

    Raises:
        ScanError: one of its kinds, whose text is the one sentence to show.
    """
    return both_of(_decode(data, limits), name)


def both_of(picture: DecodedPicture, name: str) -> tuple[NDArray[np.uint8], Scan]:
    """Return the grey levels of a decoded picture, and the scan that `scan_of` makes of it."""
    return to_grey(picture.pixels), scan_of(picture, name)


def read_grey(data: bytes, limits: Limits | None = None) -> NDArray[np.uint8]:
    """Read a file's grey levels as its machine wrote them: with all text, and nothing blanked.

    For measuring what befalls a scan before it is read (`fetal.evaluation.corruptions`); nothing
    that this returns may be kept.

    Args:
        data: the file's bytes; the format is told from them.
        limits: how large a file may be; if None, what the environment sets.

    Returns:
        uint8 (H, W).

    Raises:
        ScanError: it is no picture; the text says why.
    """
    return to_grey(_decode(data, limits).pixels)


def names_patient(data: bytes, name: str) -> bool:
    """Return whether a file says itself which patient it shows, without reading its pixels.

    Args:
        data: the file's bytes.
        name: the file's name.

    Returns:
        True for a name such as `Patient00042_1.png`, and for a DICOM file with a PatientID.
    """
    if _patient_in(name) is not None:
        return True
    if not is_dicom(data):
        return False
    from fetal.scans.dicom.file import patient_in_header

    return patient_in_header(data) is not None


def pixel_digest(pixels: NDArray[np.uint8]) -> str:
    """The identity of a scan: SHA-256 over its shape and pixels.

    Args:
        pixels: uint8 (H, W).

    Returns:
        64 hexadecimal digits.
    """
    height, width = pixels.shape
    digest = hashlib.sha256(f"{height}x{width}:".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def _decode(data: bytes, limits: Limits | None) -> DecodedPicture:
    """Pixels of any colour, with what the allow-list takes from the file's tags."""
    limits = limits or Limits.from_environment()
    limits.check_bytes(len(data))
    if is_dicom(data):
        # Where no file is DICOM, pydicom need not be there: a training machine goes without it.
        from fetal.scans.dicom.file import read_dicom

        return read_dicom(data, limits)
    return DecodedPicture(read_picture(data, limits), Header())


def _patient_in(name: str) -> str | None:
    found = _NAMED_PATIENT.match(name.replace("\\", "/").rsplit("/", 1)[-1])
    return found.group(1) if found else None
