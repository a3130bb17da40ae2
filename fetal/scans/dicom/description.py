"""What a file says of its pixels: completed where it says nothing, put right where it is wrong."""

import math

import numpy as np
import pydicom
from pydicom import uid
from pydicom.datadict import dictionary_VR, tag_for_keyword

from fetal.scans.dicom.values import whole, word
from fetal.scans.errors import TruncatedError

_GREYS = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_ICT", "YBR_RCT")
_SUBSAMPLED = ("YBR_FULL_422", "YBR_PARTIAL_422")


def frames_stated(dataset: pydicom.Dataset) -> int | None:
    """How many frames a file says that it holds.

    Args:
        dataset: the file's.

    Returns:
        The number; None where it is not written or is no number.
    """
    stated = whole(dataset, "NumberOfFrames")
    return stated if stated is not None and stated > 0 else None


def complete(dataset: pydicom.Dataset) -> None:
    """Fill in what a file does not say, or says in a way that is no number.

    Args:
        dataset: the file's, changed in place.

    Raises:
        TruncatedError: it does not tell the size of its picture.
    """
    _complete_syntax(dataset)
    if not whole(dataset, "Rows") or not whole(dataset, "Columns"):
        raise TruncatedError("DICOM")
    for keyword, usual in (
        ("SamplesPerPixel", 1),
        ("BitsAllocated", 8),
        ("PixelRepresentation", 0),
    ):
        _set(dataset, keyword, _or(whole(dataset, keyword), usual))
    allocated = int(dataset.BitsAllocated)
    stored = whole(dataset, "BitsStored") or allocated
    _set(dataset, "BitsStored", stored if 0 < stored <= allocated else allocated)
    _set(dataset, "PlanarConfiguration", 1 if whole(dataset, "PlanarConfiguration") == 1 else 0)
    _set(dataset, "NumberOfFrames", frames_stated(dataset) or 1)


def agree(dataset: pydicom.Dataset) -> None:
    """Make the photometric interpretation one that the number of samples allows.

    Args:
        dataset: the file's, changed in place.
    """
    written = word(dataset, "PhotometricInterpretation")
    if int(dataset.SamplesPerPixel) == 1:
        dataset.PhotometricInterpretation = written if written in _GREYS else "MONOCHROME2"
    else:
        dataset.PhotometricInterpretation = written if written in _COLOURS else "RGB"


def bytes_a_frame(dataset: pydicom.Dataset) -> int:
    """How many bytes a frame takes when it is not compressed.

    Args:
        dataset: the file's, with its description complete.
    """
    samples = int(dataset.SamplesPerPixel)
    if samples == 3 and word(dataset, "PhotometricInterpretation") in _SUBSAMPLED:
        samples = 2
    return math.ceil(_plane(dataset) * samples * int(dataset.BitsAllocated) / 8)


def believe_length(dataset: pydicom.Dataset, stated: int | None) -> int:
    """Take samples and frames from the length of pixels that are not compressed.

    A clip that was cut short keeps its whole frames.

    Args:
        dataset: the file's, with its description complete; changed in place.
        stated: how many frames the file says that it holds, or None where it does not say.

    Returns:
        How many frames there are, at least one.
    """
    length = len(dataset.PixelData) * 8 // int(dataset.BitsAllocated)
    declared, frames = int(dataset.SamplesPerPixel), stated or 1
    # A byte may follow that makes the length even.
    if declared == 3 and length - _plane(dataset) * frames in (0, 1):
        dataset.SamplesPerPixel = 1
    elif declared == 1 and length // (_plane(dataset) * frames) == 3:
        dataset.SamplesPerPixel = 3 if frames > 1 or _holds_colours(dataset) else 1
    agree(dataset)
    if dataset.PhotometricInterpretation in _SUBSAMPLED:
        _believe_subsampling(dataset, length // frames)
    size = bytes_a_frame(dataset)
    there = len(dataset.PixelData) // size
    if stated is None:
        frames = there if len(dataset.PixelData) - there * size in (0, 1) else 1
    frames = max(1, min(frames, there))
    dataset.NumberOfFrames = frames
    return frames


def _believe_subsampling(dataset: pydicom.Dataset, length: int) -> None:
    if length >= 3 * _plane(dataset):
        whole_colours = str(dataset.PhotometricInterpretation).removesuffix("_422")
        dataset.PhotometricInterpretation = whole_colours


def _holds_colours(dataset: pydicom.Dataset) -> bool:
    """Whether three values a pixel are its colours, and not those of three grey frames."""
    if word(dataset, "PhotometricInterpretation") in _COLOURS:
        return True
    plane, columns = _plane(dataset), int(dataset.Columns)
    kind = np.uint8 if int(dataset.BitsAllocated) == 8 else np.uint16
    values = np.frombuffer(dataset.PixelData, kind, 3 * plane).astype(np.int32)
    # A row of the picture is nearer to the next one than to any other.
    as_frames = np.abs(values[columns:] - values[:-columns]).mean()
    as_colours = np.abs(values[3 * columns :] - values[: -3 * columns]).mean()
    return bool(as_colours < as_frames)


def _complete_syntax(dataset: pydicom.Dataset) -> None:
    # Files without a preamble also lack the header that tells how the pixels are packed.
    if not getattr(dataset, "file_meta", None):
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
    if "TransferSyntaxUID" in dataset.file_meta:
        return
    implicit, little = dataset.original_encoding
    dataset.file_meta.TransferSyntaxUID = (
        uid.ImplicitVRLittleEndian
        if implicit
        else uid.ExplicitVRLittleEndian
        if little
        else uid.ExplicitVRBigEndian
    )


def _plane(dataset: pydicom.Dataset) -> int:
    return int(dataset.Rows) * int(dataset.Columns)


def _or(value: int | None, usual: int) -> int:
    return usual if value is None else value


def _set(dataset: pydicom.Dataset, keyword: str, value: int) -> None:
    # Assigning to a damaged element would read it first.
    tag = tag_for_keyword(keyword)
    if tag is not None:
        dataset.add_new(tag, dictionary_VR(tag), value)
