import io

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    MPEG2MPML,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from fetal.scans import (
    AnimatedError,
    ColourDopplerError,
    Limits,
    TooLargeError,
    TruncatedError,
    UnsupportedFormatError,
    encode_png,
    read_scan,
)
from tests.scans.conftest import Pack, Screen
from tests.scans.dicom_files import ultrasound, written


@pytest.mark.parametrize("preamble", [True, False], ids=["with preamble", "without preamble"])
def test_grey_dicom_is_the_same_scan_as_its_png(screen: Screen, preamble: bool) -> None:
    scan = read_scan(written(ultrasound(screen, "MONOCHROME2"), preamble), "IM000001")
    assert scan.digest == read_scan(encode_png(screen), "a.png").digest
    assert scan.patient == "4711"
    assert scan.machine == "Voluson E10"


def test_monochrome1_is_turned_round(screen: Screen) -> None:
    scan = read_scan(written(ultrasound(255 - screen, "MONOCHROME1")), "a")
    assert scan.digest == read_scan(encode_png(screen), "a.png").digest


def test_rgb_and_ybr(screen: Screen) -> None:
    expected = read_scan(encode_png(screen), "a.png").digest
    rgb = np.stack([screen] * 3, axis=-1)
    assert read_scan(written(ultrasound(rgb, "RGB")), "a").digest == expected
    neutral = np.full_like(screen, 128)
    ybr = np.stack([screen, neutral, neutral], axis=-1)
    assert read_scan(written(ultrasound(ybr, "YBR_FULL")), "a").digest == expected


def test_palette_colour(screen: Screen) -> None:
    dataset = ultrasound(screen, "PALETTE COLOR")
    table = (np.arange(256, dtype=np.uint16) * 257).astype("<u2").tobytes()
    for colour in ("Red", "Green", "Blue"):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"{colour}PaletteColorLookupTableData", table)
    expected = read_scan(encode_png(screen), "a.png").digest
    assert read_scan(written(dataset), "a").digest == expected


@pytest.mark.parametrize("bits", [12, 16])
def test_deep_greys(screen: Screen, bits: int) -> None:
    exact = screen.copy()
    exact[0, 0] = 255
    deep = np.rint(exact * ((2**bits - 1) / 255)).astype(np.uint16)
    scan = read_scan(written(ultrasound(deep, "MONOCHROME2", bits)), "a")
    assert scan.digest == read_scan(encode_png(exact), "a.png").digest


def test_run_length_encoding(screen: Screen) -> None:
    dataset = ultrasound(screen, "MONOCHROME2")
    dataset.compress(RLELossless)
    scan = read_scan(written(dataset), "a")
    assert scan.digest == read_scan(encode_png(screen), "a.png").digest


def test_a_film_is_refused_with_its_length(screen: Screen) -> None:
    dataset = ultrasound(screen, "MONOCHROME2")
    dataset.NumberOfFrames = 3
    dataset.PixelData = dataset.PixelData * 3
    with pytest.raises(AnimatedError, match="a DICOM film of 3 frames"):
        read_scan(written(dataset), "a")


def test_a_report_has_no_picture(screen: Screen) -> None:
    dataset = ultrasound(screen, "MONOCHROME2")
    del dataset.PixelData
    with pytest.raises(UnsupportedFormatError, match="without a picture"):
        read_scan(written(dataset), "a")


def test_too_many_pixels_are_refused_before_they_are_decoded(screen: Screen) -> None:
    dataset = ultrasound(screen, "MONOCHROME2")
    dataset.Rows = dataset.Columns = 30_000
    with pytest.raises(TooLargeError, match="30,000 x 30,000"):
        read_scan(written(dataset), "a")


def test_a_truncated_file(screen: Screen) -> None:
    whole = written(ultrasound(screen, "MONOCHROME2"))
    with pytest.raises(TruncatedError, match="DICOM"):
        read_scan(whole[: len(whole) // 2], "a")


def test_a_compression_that_is_not_read_is_named(screen: Screen) -> None:
    dataset = ultrasound(screen, "MONOCHROME2")
    dataset.file_meta.TransferSyntaxUID = MPEG2MPML
    dataset.PixelData = encapsulate([b"\x00\x00\x01\xb3\x00\x00"])
    dataset["PixelData"].VR = "OB"
    with pytest.raises(UnsupportedFormatError, match="MPEG2"):
        read_scan(written(dataset), "a")


def test_colour_doppler_is_refused(screen: Screen) -> None:
    colour = np.stack([screen] * 3, axis=-1)
    colour[180:230, 280:340] = (210, 40, 20)
    with pytest.raises(ColourDopplerError):
        read_scan(written(ultrasound(colour, "RGB")), "a")


def _in_jpeg(
    dataset: Dataset,
    packed: Pack,
    pixels: NDArray[np.uint8],
    kind: str = "JPEG",
    syntax: UID = JPEGBaseline8Bit,
    **options: object,
) -> NDArray[np.int_]:
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([packed(pixels, kind, **options)])
    dataset["PixelData"].VR = "OB"
    return read_scan(written(dataset), "a").pixels.astype(int)


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422", "MONOCHROME2"])
def test_a_jpeg_is_shown_as_its_stream_says_whatever_the_file_says(
    screen: Screen, packed: Pack, photometric: str
) -> None:
    colour = np.stack([screen] * 3, axis=-1)
    expected = read_scan(encode_png(screen), "a.png").pixels
    found = _in_jpeg(ultrasound(colour, photometric), packed, colour, quality=98)
    assert np.abs(found - expected).mean() < 1


def test_a_jpeg_without_markers_is_judged_by_its_pixels(screen: Screen, packed: Pack) -> None:
    colour = np.stack([screen] * 3, axis=-1)
    stream = packed(colour, "JPEG", quality=98)
    unmarked = stream[:2] + stream[2 + 2 + int.from_bytes(stream[4:6], "big") :]
    dataset = ultrasound(colour, "RGB")
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([unmarked])
    dataset["PixelData"].VR = "OB"
    expected = read_scan(encode_png(screen), "a.png").pixels
    assert np.abs(read_scan(written(dataset), "a").pixels - expected.astype(int)).mean() < 1


@pytest.mark.parametrize(("stated", "true"), [("RGB", "YBR"), ("YBR_FULL", "RGB")])
def test_a_lie_about_colours_that_are_not_compressed_is_seen_through(
    screen: Screen, stated: str, true: str
) -> None:
    grey = np.full_like(screen, 128)
    planes = [screen, grey, grey] if true == "YBR" else [screen] * 3
    found = read_scan(written(ultrasound(np.stack(planes, axis=-1), stated)), "a")
    assert found.digest == read_scan(encode_png(screen), "a.png").digest


@pytest.mark.parametrize("declared", [1, 3])
def test_the_number_of_samples_is_taken_from_the_data(screen: Screen, declared: int) -> None:
    truth = screen if declared == 3 else np.stack([screen] * 3, axis=-1)
    dataset = ultrasound(truth, "RGB" if declared == 3 else "MONOCHROME2")
    dataset.SamplesPerPixel = declared
    dataset.PlanarConfiguration = 0
    expected = read_scan(encode_png(screen), "a.png").digest
    assert read_scan(written(dataset), "a").digest == expected


def test_colours_in_planes(screen: Screen) -> None:
    dataset = ultrasound(np.stack([screen] * 3, axis=-1), "RGB")
    dataset.PlanarConfiguration = 1
    dataset.PixelData = np.stack([screen] * 3).tobytes()
    expected = read_scan(encode_png(screen), "a.png").digest
    assert read_scan(written(dataset), "a").digest == expected


def test_half_the_colour_differences(screen: Screen) -> None:
    dataset = ultrasound(np.stack([screen] * 3, axis=-1), "YBR_FULL_422")
    pairs = np.full((*screen.shape, 2), 128, np.uint8)
    pairs[..., 0] = screen
    pairs = pairs.reshape(-1, 4)[:, [0, 2, 1, 3]]
    dataset.PixelData = pairs.tobytes()
    expected = read_scan(encode_png(screen), "a.png").digest
    assert read_scan(written(dataset), "a").digest == expected


def test_lossless_jpeg_2000(screen: Screen, packed: Pack) -> None:
    found = _in_jpeg(
        ultrasound(screen, "MONOCHROME2"), packed, screen, "JPEG2000", JPEG2000Lossless
    )
    assert np.array_equal(found, read_scan(encode_png(screen), "a.png").pixels)


def test_a_window_says_what_is_black_and_what_is_white(screen: Screen) -> None:
    dataset = ultrasound(screen.astype(np.uint16) * 4 + 1000, "MONOCHROME2", bits=12)
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1000
    # Linear: from centre - width / 2 to centre + width / 2 - 1.
    dataset.WindowCenter, dataset.WindowWidth = [510.5, 40], [1021, 80]
    expected = read_scan(encode_png(screen), "a.png").pixels.astype(int)
    assert np.abs(read_scan(written(dataset), "a").pixels - expected).max() <= 1


def test_big_endian(screen: Screen) -> None:
    dataset = ultrasound(screen, "MONOCHROME2")
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset["PixelData"].VR = "OB"
    file = io.BytesIO()
    pydicom.dcmwrite(file, dataset, enforce_file_format=True)
    expected = read_scan(encode_png(screen), "a.png").digest
    assert read_scan(file.getvalue(), "a").digest == expected


def test_deflated_and_a_deflated_bomb(screen: Screen) -> None:
    dataset = ultrasound(screen, "MONOCHROME2")
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    expected = read_scan(encode_png(screen), "a.png").digest
    assert read_scan(written(dataset), "a").digest == expected
    dataset.PixelData = bytes(3_000_000)
    with pytest.raises(TooLargeError, match="2 MB"):
        read_scan(written(dataset), "a", Limits(film_megabytes=2))


def test_a_stream_that_holds_more_pixels_than_the_file_promised(
    screen: Screen, packed: Pack
) -> None:
    dataset = ultrasound(screen[:100, :100], "MONOCHROME2")
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.PixelData = encapsulate([packed(screen, "JPEG2000")])
    dataset["PixelData"].VR = "OB"
    with pytest.raises(TruncatedError):
        read_scan(written(dataset), "a", Limits(pixels=200_000))


def test_too_many_frames_are_refused_before_one_is_decoded(screen: Screen) -> None:
    dataset = ultrasound(screen, "MONOCHROME2")
    dataset.NumberOfFrames = 2_001
    with pytest.raises(TooLargeError, match=r"2,000 frames, received 2,001 frames"):
        read_scan(written(dataset), "a")
