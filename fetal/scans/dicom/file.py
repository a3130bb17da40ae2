"""DICOM files as ultrasound machines write them: their frames, and the tags that are allowed."""

import io
import warnings

import pydicom

from fetal.scans.decoded_picture import DecodedPicture
from fetal.scans.dicom.allowlist import header_of
from fetal.scans.dicom.description import frames_stated
from fetal.scans.dicom.encoding import believed
from fetal.scans.dicom.fragments import END_MARK
from fetal.scans.dicom.frames import DicomFrames
from fetal.scans.dicom.regions import tissue_regions
from fetal.scans.errors import AnimatedError, ScanError, TruncatedError, UnsupportedFormatError
from fetal.scans.limits import Limits

_PIXEL_DATA = b"\xe0\x7f\x10\x00"


class DicomFile:
    """An opened file, whose frames are decoded when they are asked for.

    Args:
        data: the file.
        limits: the bounds on its size, checked before any pixel is decoded.

    Raises:
        TruncatedError: it cannot be read to its end.
        UnsupportedFormatError: it holds no picture, or one compressed in a way that is not read.
        TooLargeError: it has too many frames, or too many pixels in one.
        TooSmallError: its frames have too few pixels.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        dataset = _parsed(data, limits)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.frames = DicomFrames(dataset, limits)
                self._header = header_of(dataset)
                self._regions = tissue_regions(dataset)
        except (ScanError, MemoryError):
            raise
        # A damaged element may fail when it is looked at, as any kind of error.
        except Exception as error:
            raise TruncatedError("DICOM") from error

    def picture(self, index: int) -> DecodedPicture:
        """Decode a frame.

        Args:
            index: 0 to the number of frames - 1.

        Returns:
            The frame with the tags that are kept.

        Raises:
            ScanError: it is damaged, or larger than the file said.
        """
        return DecodedPicture(self.frames[index], self._header, self._regions)


def count_frames(data: bytes) -> int:
    """Count the frames of a DICOM file; its pixels are not looked at.

    Args:
        data: the file, of which `is_dicom` is true.

    Returns:
        How many there are; 0 where it is too damaged to tell.
    """
    try:
        stated = frames_stated(_header(data, "NumberOfFrames"))
        # Where nothing is written, the length of the pixels tells.
        return stated or len(DicomFile(data, Limits.from_environment()).frames)
    # Damage can surface anywhere in the parser, as any kind of error.
    except Exception:
        return 0


def read_dicom(data: bytes, limits: Limits) -> DecodedPicture:
    """Decode a single-frame DICOM file.

    Args:
        data: the file.
        limits: the bounds on its size.

    Returns:
        The frame, 8 bits deep.

    Raises:
        AnimatedError: it holds several frames; `read_frames` reads them.
        ScanError: another of its kinds; see `DicomFile`.
    """
    file = DicomFile(data, limits)
    if len(file.frames) > 1:
        raise AnimatedError("a DICOM film", len(file.frames))
    return file.picture(0)


def patient_in_header(data: bytes) -> str | None:
    """The PatientID of a DICOM file, or None; its pixels are not looked at.

    A damaged file names nobody here: reading it tells what is wrong with it.
    """
    try:
        return header_of(_header(data, "PatientID")).patient
    # Damage can surface anywhere in the parser, as any kind of error.
    except Exception:
        return None


def _header(data: bytes, keyword: str) -> pydicom.Dataset:
    read = believed(data, Limits.from_environment())
    return pydicom.dcmread(
        io.BytesIO(read), stop_before_pixels=True, specific_tags=[keyword], force=True
    )


def _parsed(data: bytes, limits: Limits) -> pydicom.Dataset:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = believed(data, limits)
            dataset = pydicom.dcmread(io.BytesIO(read), force=True)
            if "PixelData" not in dataset and _PIXEL_DATA in read:
                # pydicom looks for the end of compressed frames, and gives up where it is missing.
                dataset = pydicom.dcmread(io.BytesIO(read + END_MARK), force=True)
            whole = all(tag in dataset for tag in ("PixelData", "Rows", "Columns"))
    except (ScanError, MemoryError):
        raise
    # A damaged file may fail anywhere in the parser.
    except Exception as error:
        raise TruncatedError("DICOM") from error
    if not whole:
        raise UnsupportedFormatError(
            "a DICOM file without a picture", "please export the scan itself, not its report"
        )
    return dataset
