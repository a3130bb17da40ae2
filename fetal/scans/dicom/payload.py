"""How the pixels of a file are packed: what the transfer syntax says, unless the data belie it.

The transfer syntax decides wherever the data fit it; only where they do not are the data looked at.
A few bytes that look like the beginning of another format prove nothing: they stand in any picture
sooner or later.
"""

import math

import pydicom
from pydicom import uid

from fetal.scans.dicom.description import bytes_a_frame
from fetal.scans.dicom.fragments import ITEM, frames_in
from fetal.scans.dicom.stream_header import is_run_lengths, stream_head
from fetal.scans.dicom.values import whole

_NATIVE = uid.ExplicitVRLittleEndian
_FAMILIES = (
    frozenset((uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)),
    frozenset((uid.JPEGLossless, uid.JPEGLosslessSV1)),
    frozenset(uid.JPEGLSTransferSyntaxes),
    frozenset(uid.JPEG2000TransferSyntaxes),
    frozenset((uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K, uid.JPEG2000)),
    frozenset((uid.RLELossless,)),
)


def encoded_frames(dataset: pydicom.Dataset, stated: int | None) -> list[bytes] | None:
    """Find the compressed frames of a file.

    Args:
        dataset: the file's, with its description complete. Where the data belie it, its transfer
            syntax and its pixel data are put right.
        stated: how many frames the file says that it holds, or None where it does not say.

    Returns:
        The frames that are whole; None where the pixels are not compressed.
    """
    value = bytes(dataset.PixelData)
    syntax: uid.UID = dataset.file_meta.TransferSyntaxUID
    if _is_native_length(dataset, len(value), stated) and (
        not syntax.is_encapsulated or not value.startswith(ITEM)
    ):
        _take_for_native(dataset, value)
        return None
    if value.startswith(ITEM):
        extended = bytes(dataset.get("ExtendedOffsetTable") or b"")
        segments = _segments(dataset)
        frames = frames_in(value, stated, lambda piece: _starts(piece, segments), extended)
    else:
        frames = [value]
    found = syntax_of(frames[0], dataset) if frames else None
    if found is not None:
        dataset.file_meta.TransferSyntaxUID = found
        return frames
    if not syntax.is_encapsulated:
        return None
    joined = b"".join(frames)
    if _is_native_length(dataset, len(joined), stated):
        _take_for_native(dataset, joined)
        return None
    return frames


def syntax_of(frame: bytes, dataset: pydicom.Dataset) -> uid.UID | None:
    """Tell how a frame is compressed.

    Args:
        frame: one compressed frame.
        dataset: the file's.

    Returns:
        The file's own transfer syntax where the frame fits it, else the one that it does fit. None
        where it fits none that is known.
    """
    written: uid.UID = dataset.file_meta.TransferSyntaxUID
    if is_run_lengths(frame, _segments(dataset)):
        return uid.RLELossless
    head = stream_head(frame)
    if head is None:
        return None
    family = next((family for family in _FAMILIES if written in family), frozenset[uid.UID]())
    return written if head.syntax in family else head.syntax


def _is_native_length(dataset: pydicom.Dataset, length: int, stated: int | None) -> bool:
    """Whether so many bytes are what the frames take when they are not compressed."""
    size = bytes_a_frame(dataset)
    # A byte may follow that makes the length even.
    return length - size * (stated or max(1, length // size)) in (0, 1)


def _take_for_native(dataset: pydicom.Dataset, value: bytes) -> None:
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        dataset.file_meta.TransferSyntaxUID = _NATIVE
        dataset.PixelData = value
        dataset["PixelData"].VR = "OW"
        dataset["PixelData"].is_undefined_length = False


def _starts(piece: bytes, segments: int) -> bool:
    return stream_head(piece) is not None or is_run_lengths(piece, segments)


def _segments(dataset: pydicom.Dataset) -> int:
    each = math.ceil(int(dataset.BitsAllocated) / 8)
    return each * (whole(dataset, "SamplesPerPixel") or 1)
