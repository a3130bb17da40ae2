"""DICOM files whose tags say what a test wants them to say."""

import io
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from fetal.workbench.ingest.upload import UploadedFile
from tests.support.drawn import fan

ULTRASOUND = "1.2.840.10008.5.1.4.1.1.6.1"


def dataset_of(seed: int, **tags: Any) -> Dataset:
    """An ultrasound picture as a data set, with tags given by keyword."""
    pixels = fan(seed)
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = UID(ULTRASOUND)
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = UID(f"1.2.3.{seed}")
    made.StudyInstanceUID = "1.2.3"
    made.Modality = "US"
    made.Rows, made.Columns = pixels.shape
    made.SamplesPerPixel = 1
    made.PhotometricInterpretation = "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation = 7, 0
    for keyword, value in tags.items():
        setattr(made, keyword, value)
    made.PixelData = pixels.tobytes()
    return made


def packed(made: Dataset) -> bytes:
    """A data set as a file."""
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def ultrasound(seed: int, name: str = "a.dcm", **tags: Any) -> UploadedFile:
    """An ultrasound picture as a file, with tags given by keyword."""
    return UploadedFile(name, packed(dataset_of(seed, **tags)))
