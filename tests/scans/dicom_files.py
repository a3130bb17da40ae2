"""DICOM files made in a moment, right or damaged on purpose."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
    generate_uid,
)

MARK = b"%%MARK%%"
"""What `with_value` puts into a tag, to be replaced in the bytes of the file."""


def described(pixels: np.ndarray, photometric: str = "MONOCHROME2", bits: int = 8) -> Dataset:
    """A dataset of one picture, (H, W) or (H, W, 3), not compressed."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    made.SOPClassUID = UltrasoundMultiFrameImageStorage
    made.PatientID = "4711"
    made.Rows, made.Columns = pixels.shape[:2]
    made.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    if pixels.ndim == 3:
        made.PlanarConfiguration = 0
    made.PhotometricInterpretation = photometric
    made.BitsAllocated = 8 * pixels.dtype.itemsize
    made.BitsStored, made.HighBit = bits, bits - 1
    made.PixelRepresentation = 0
    made.PixelData = pixels.tobytes()
    return made


def ultrasound(pixels: NDArray[Any], photometric: str, bits: int = 8) -> Dataset:
    """A dataset of one picture as an ultrasound machine describes it, with names in it."""
    made = described(pixels.astype(np.uint8 if bits == 8 else "<u2"), photometric, bits)
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = UltrasoundImageStorage
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    made.Modality = "US"
    made.PatientName = "Doe^Jane"
    made.ManufacturerModelName = "Voluson E10"
    return made


def packed_as(dataset: Dataset, syntax: UID, frames: Sequence[bytes]) -> Dataset:
    """The dataset with compressed frames, each in one piece, as its pixels."""
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate(list(frames))
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    if len(frames) > 1:
        dataset.NumberOfFrames = len(frames)
    return dataset


def written(dataset: Dataset, preamble: bool = True) -> bytes:
    """The file; without its preamble it has no header either, as old machines write it."""
    file = io.BytesIO()
    if preamble:
        pydicom.dcmwrite(file, dataset, enforce_file_format=True)
    else:
        del dataset.file_meta
        pydicom.dcmwrite(file, dataset, implicit_vr=True, little_endian=True)
    return file.getvalue()


def relabelled(data: bytes, before: UID, after: UID) -> bytes:
    """The file with another transfer syntax in its header, and all else as it was."""
    old, new = (uid.encode() + b"\0" * (len(uid) % 2) for uid in (before, after))
    start = data.index(b"\x02\x00\x10\x00UI") + 6
    assert data[start + 2 :].startswith(old)
    body = data[start + 2 + len(old) :]
    length = int.from_bytes(data[140:144], "little") + len(new) - len(old)
    head = data[:140] + length.to_bytes(4, "little") + data[144:start]
    return head + len(new).to_bytes(2, "little") + new + body
