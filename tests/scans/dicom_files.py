"""DICOM files made in a moment, right or damaged on purpose."""

import io
from collections.abc import Sequence

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, UltrasoundMultiFrameImageStorage

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


def packed_as(dataset: Dataset, syntax: UID, frames: Sequence[bytes]) -> Dataset:
    """The dataset with compressed frames, each in one piece, as its pixels."""
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate(list(frames))
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    if len(frames) > 1:
        dataset.NumberOfFrames = len(frames)
    return dataset


def written(dataset: Dataset) -> bytes:
    """The file."""
    file = io.BytesIO()
    pydicom.dcmwrite(file, dataset, enforce_file_format=True)
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
