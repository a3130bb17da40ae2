"""Films drawn in a moment."""

import io
from collections.abc import Sequence

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, UltrasoundMultiFrameImageStorage


def film(frames: Sequence[np.ndarray], patient: str | None = "4711") -> bytes:
    """A DICOM file of frames that are all grey, (H, W), or all RGB, (H, W, 3)."""
    pixels = np.stack(frames)
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    if patient is not None:
        made.PatientID = patient
    made.NumberOfFrames, made.Rows, made.Columns = pixels.shape[:3]
    made.SamplesPerPixel = pixels.shape[3] if pixels.ndim == 4 else 1
    made.PhotometricInterpretation = "RGB" if pixels.ndim == 4 else "MONOCHROME2"
    if pixels.ndim == 4:
        made.PlanarConfiguration = 0
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    made.PixelData = pixels.tobytes()
    file = io.BytesIO()
    pydicom.dcmwrite(file, made, enforce_file_format=True)
    return file.getvalue()
