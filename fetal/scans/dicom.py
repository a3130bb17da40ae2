"""Single-frame DICOM files, turned into 8-bit pixels and the tags that are allowed."""

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from fetal.scans.allowed import Header, header_of
from fetal.scans.errors import AnimatedError, TruncatedError, UnsupportedFormatError
from fetal.scans.formats import to_eight_bits
from fetal.scans.limits import Limits

_PREFIX_AT = 128
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT")


@dataclass(frozen=True, slots=True)
class DicomPicture:
    """A frame and what may be kept of its tags.

    Args:
        pixels: uint8 (H, W) or (H, W, 3).
        header: what the allow-list takes from the tags.
    """

    pixels: NDArray[np.uint8]
    header: Header


def is_dicom(data: bytes) -> bool:
    """Tell DICOM from the content, with or without the 128-byte preamble.

    Args:
        data: the file.
    """
    if data[_PREFIX_AT : _PREFIX_AT + 4] == b"DICM":
        return True
    # Without a preamble a file starts with its first tag: group 2 or 8, a small element number.
    return data[:2] in _FIRST_GROUPS and len(data) > 8 and data[3] == 0


def read_dicom(data: bytes, limits: Limits) -> DicomPicture:
    """Decode a single-frame DICOM file.

    Greys pass the modality and the value-of-interest transform where the file has them, so that the
    picture is the one the machine showed; MONOCHROME1 is inverted; palette and YBR become RGB.

    Args:
        data: the file.
        limits: the bounds on its size.

    Returns:
        The frame, 8 bits deep.

    Raises:
        TruncatedError: it cannot be read to its end.
        AnimatedError: it holds several frames.
        UnsupportedFormatError: it holds no picture, or one compressed in a way that is not read.
        TooLargeError: it has too many pixels.
        TooSmallError: it has too few.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(io.BytesIO(data), force=True)
            size = _declared_size(dataset)
    # A damaged file may fail anywhere in the parser.
    except Exception as error:
        raise TruncatedError("DICOM") from error
    if size is None:
        raise UnsupportedFormatError(
            "a DICOM file without a picture", "please export the scan itself, not its report"
        )
    width, height, frames = size
    if frames > 1:
        raise AnimatedError("a DICOM film", frames)
    limits.check_size(width, height)
    _check_decoder(dataset)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels = _pixels(dataset)
    except Exception as error:
        if _syntax(dataset) is not None:
            raise UnsupportedFormatError(
                "a compressed DICOM file whose picture cannot be unpacked"
            ) from error
        raise TruncatedError("DICOM") from error
    return DicomPicture(pixels, header_of(dataset))


def patient_in_header(data: bytes) -> str | None:
    """The PatientID of a DICOM file, or None; its pixels are not looked at.

    A damaged file names nobody here: reading it tells what is wrong with it.
    """
    try:
        header = pydicom.dcmread(
            io.BytesIO(data), stop_before_pixels=True, specific_tags=["PatientID"], force=True
        )
        return header_of(header).patient
    # Damage can surface anywhere in the parser, as any kind of error.
    except Exception:
        return None


def _declared_size(dataset: pydicom.Dataset) -> tuple[int, int, int] | None:
    if "PixelData" not in dataset or "Rows" not in dataset or "Columns" not in dataset:
        return None
    frames = int(dataset.get("NumberOfFrames") or 1)
    return int(dataset.Columns), int(dataset.Rows), frames


def _syntax(dataset: pydicom.Dataset) -> UID | None:
    # How the picture is compressed, or None where it is not.
    syntax = getattr(dataset, "file_meta", pydicom.Dataset()).get("TransferSyntaxUID")
    return syntax if syntax is not None and syntax.is_encapsulated else None


def _check_decoder(dataset: pydicom.Dataset) -> None:
    syntax = _syntax(dataset)
    if syntax is None:
        return
    try:
        decodable = get_decoder(syntax).is_available
    except NotImplementedError:
        decodable = False
    if not decodable:
        raise UnsupportedFormatError(f"a DICOM file compressed as “{syntax.name}”")


def _pixels(dataset: pydicom.Dataset) -> NDArray[np.uint8]:
    _complete(dataset)
    values: NDArray[Any] = pixel_array(dataset)
    photometric = str(dataset.get("PhotometricInterpretation", "MONOCHROME2")).strip()
    if photometric == "PALETTE COLOR":
        return _eight_bit_colours(apply_color_lut(values, dataset))
    if values.ndim == 3:
        return _eight_bit_colours(values)
    bits = int(dataset.get("BitsStored", 8))
    shown = apply_voi_lut(apply_modality_lut(values, dataset), dataset)
    if shown.dtype == np.uint8:
        grey = shown
    elif _has_window(dataset) and not dataset.get("PixelRepresentation"):
        white = float(2**bits - 1)
        grey = np.asarray(np.rint(np.clip(shown / white, 0, 1) * 255), np.uint8)
    else:
        grey = to_eight_bits(shown)
    return np.asarray(255 - grey, np.uint8) if photometric == "MONOCHROME1" else grey


def _complete(dataset: pydicom.Dataset) -> None:
    # Files without a preamble also lack the header that tells how the pixels are packed.
    if not getattr(dataset, "file_meta", None):
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        dataset.file_meta.TransferSyntaxUID = (
            pydicom.uid.ImplicitVRLittleEndian
            if implicit
            else pydicom.uid.ExplicitVRLittleEndian
            if little
            else pydicom.uid.ExplicitVRBigEndian
        )
    if "PhotometricInterpretation" not in dataset:
        dataset.PhotometricInterpretation = "MONOCHROME2"


def _has_window(dataset: pydicom.Dataset) -> bool:
    return "WindowCenter" in dataset or "VOILUTSequence" in dataset


def _eight_bit_colours(values: NDArray[Any]) -> NDArray[np.uint8]:
    return values if values.dtype == np.uint8 else to_eight_bits(values)
