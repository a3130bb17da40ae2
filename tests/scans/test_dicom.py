import io
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
    UltrasoundImageStorage,
    generate_uid,
)

from fetal.scans import (
    AnimatedError,
    ColourDopplerError,
    ScanError,
    TooLargeError,
    TruncatedError,
    UnsupportedFormatError,
    encode_png,
    read_scan,
)

_PYDICOM_FILES = Path(pydicom.__file__).parent / "data" / "test_files"


def _dataset(pixels: np.ndarray, photometric: str, bits: int = 8) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = UltrasoundImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.SOPClassUID = UltrasoundImageStorage
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID
    dataset.Modality = "US"
    dataset.PatientID = "4711"
    dataset.PatientName = "Doe^Jane"
    dataset.ManufacturerModelName = "Voluson E10"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = 8 if bits == 8 else 16
    dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = 0
    dataset.PixelData = pixels.astype(np.uint8 if bits == 8 else "<u2").tobytes()
    return dataset


def _written(dataset: Dataset, preamble: bool = True) -> bytes:
    file = io.BytesIO()
    if preamble:
        pydicom.dcmwrite(file, dataset, enforce_file_format=True)
    else:
        del dataset.file_meta
        pydicom.dcmwrite(file, dataset, implicit_vr=True, little_endian=True)
    return file.getvalue()


@pytest.mark.parametrize("preamble", [True, False], ids=["with preamble", "without preamble"])
def test_grey_dicom_is_the_same_scan_as_its_png(screen, preamble):
    scan = read_scan(_written(_dataset(screen, "MONOCHROME2"), preamble), "IM000001")
    assert scan.digest == read_scan(encode_png(screen), "a.png").digest
    assert scan.patient == "4711"
    assert scan.machine == "Voluson E10"


def test_monochrome1_is_turned_round(screen):
    scan = read_scan(_written(_dataset(255 - screen, "MONOCHROME1")), "a")
    assert scan.digest == read_scan(encode_png(screen), "a.png").digest


def test_rgb_and_ybr(screen):
    expected = read_scan(encode_png(screen), "a.png").digest
    rgb = np.stack([screen] * 3, axis=-1)
    assert read_scan(_written(_dataset(rgb, "RGB")), "a").digest == expected
    neutral = np.full_like(screen, 128)
    ybr = np.stack([screen, neutral, neutral], axis=-1)
    assert read_scan(_written(_dataset(ybr, "YBR_FULL")), "a").digest == expected


def test_palette_colour(screen):
    dataset = _dataset(screen, "PALETTE COLOR")
    table = (np.arange(256, dtype=np.uint16) * 257).astype("<u2").tobytes()
    for colour in ("Red", "Green", "Blue"):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"{colour}PaletteColorLookupTableData", table)
    expected = read_scan(encode_png(screen), "a.png").digest
    assert read_scan(_written(dataset), "a").digest == expected


@pytest.mark.parametrize("bits", [12, 16])
def test_deep_greys(screen, bits):
    exact = screen.copy()
    exact[0, 0] = 255
    deep = np.rint(exact * ((2**bits - 1) / 255)).astype(np.uint16)
    scan = read_scan(_written(_dataset(deep, "MONOCHROME2", bits)), "a")
    assert scan.digest == read_scan(encode_png(exact), "a.png").digest


def test_run_length_encoding(screen):
    dataset = _dataset(screen, "MONOCHROME2")
    dataset.compress(RLELossless)
    scan = read_scan(_written(dataset), "a")
    assert scan.digest == read_scan(encode_png(screen), "a.png").digest


def test_a_film_is_refused_with_its_length(screen):
    dataset = _dataset(screen, "MONOCHROME2")
    dataset.NumberOfFrames = 3
    dataset.PixelData = dataset.PixelData * 3
    with pytest.raises(AnimatedError, match="a DICOM film of 3 frames"):
        read_scan(_written(dataset), "a")


def test_a_report_has_no_picture(screen):
    dataset = _dataset(screen, "MONOCHROME2")
    del dataset.PixelData
    with pytest.raises(UnsupportedFormatError, match="without a picture"):
        read_scan(_written(dataset), "a")


def test_too_many_pixels_are_refused_before_they_are_decoded(screen):
    dataset = _dataset(screen, "MONOCHROME2")
    dataset.Rows = dataset.Columns = 30_000
    with pytest.raises(TooLargeError, match="30,000 x 30,000"):
        read_scan(_written(dataset), "a")


def test_a_truncated_file(screen):
    whole = _written(_dataset(screen, "MONOCHROME2"))
    with pytest.raises(TruncatedError, match="DICOM"):
        read_scan(whole[: len(whole) // 2], "a")


def test_a_compression_that_is_not_read_is_named(screen):
    dataset = _dataset(screen, "MONOCHROME2")
    dataset.file_meta.TransferSyntaxUID = JPEGLSLossless
    dataset.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xf7\x00\x00"])
    dataset["PixelData"].VR = "OB"
    with pytest.raises(UnsupportedFormatError, match="JPEG-LS"):
        read_scan(_written(dataset), "a")


def test_colour_doppler_is_refused(screen):
    colour = np.stack([screen] * 3, axis=-1)
    colour[180:230, 280:340] = (210, 40, 20)
    with pytest.raises(ColourDopplerError):
        read_scan(_written(_dataset(colour, "RGB")), "a")


@pytest.mark.parametrize(
    "path", sorted(_PYDICOM_FILES.glob("*.dcm")), ids=lambda path: str(path.stem)
)
def test_every_file_of_pydicom_is_read_or_refused_in_one_sentence(path):
    sentence = ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            sentence = f"Expected a scan of {read_scan(path.read_bytes(), path.name).pixels.dtype}"
        except ScanError as refusal:
            sentence = str(refusal)
    assert sentence.startswith("Expected ")
    assert sentence.endswith((".", "uint8"))
