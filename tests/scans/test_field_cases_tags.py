"""Tags of DICOM files that hold no number, and bits that are not the picture's."""

from collections.abc import Callable
from pathlib import Path

import cv2
import gdcm
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, RLELossless

from fetal.scans import Scan, encode_png, find_sector, is_film, read_frames, read_scan
from tests.scans.conftest import Pack, Screen
from tests.scans.dicom_files import described, packed_as, written

MARK = b"12345678"
NO_NUMBERS = [
    b"NaN     ",
    b"inf     ",
    b"-inf    ",
    b"127,5   ",
    b"AUTO    ",
    b"\0" * 8,
    b"1e999   ",
]
NUMBERS = (
    "WindowCenter",
    "WindowWidth",
    "RescaleSlope",
    "RescaleIntercept",
    "PixelAspectRatio",
    "PixelSpacing",
    "FrameTime",
    "NumberOfFrames",
    "RecommendedDisplayFrameRate",
)


@pytest.fixture
def expected(screen: Screen) -> Scan:
    return read_scan(encode_png(screen), "a.png")


@pytest.mark.parametrize("damage", NO_NUMBERS, ids=repr)
@pytest.mark.parametrize("keyword", NUMBERS)
def test_a_tag_that_holds_no_number_is_as_good_as_not_written(
    screen: Screen, expected: Scan, keyword: str, damage: bytes
) -> None:
    dataset = described(screen)
    for other in ("Window", "Rescale"):
        if keyword.startswith(other):
            dataset.WindowCenter, dataset.WindowWidth = 128, 256
            dataset.RescaleSlope, dataset.RescaleIntercept = 1, 0
    setattr(dataset, keyword, MARK.decode())
    data = written(dataset)
    assert data.count(MARK) == 1
    damaged = data.replace(MARK, damage)
    assert not is_film(damaged)
    assert read_scan(damaged, "a").digest == expected.digest


@pytest.mark.parametrize(("slope", "shift"), [(0, 5), (0, 0)])
def test_a_rescaling_to_nothing_counts_for_nothing(
    screen: Screen, expected: Scan, slope: int, shift: int
) -> None:
    dataset = described(screen)
    dataset.RescaleSlope, dataset.RescaleIntercept = slope, shift
    assert read_scan(written(dataset), "a").digest == expected.digest


def test_a_window_beside_the_picture_counts_for_nothing(screen: Screen, expected: Scan) -> None:
    dataset = described(screen)
    dataset.WindowCenter, dataset.WindowWidth = 30_000, 10
    assert read_scan(written(dataset), "a").digest == expected.digest


@pytest.mark.parametrize("sequence", ["VOILUTSequence", "ModalityLUTSequence"])
@pytest.mark.parametrize("damage", ["empty", "no data", "no descriptor", "wrong descriptor"])
def test_a_damaged_table_counts_for_nothing(
    screen: Screen, expected: Scan, sequence: str, damage: str
) -> None:
    dataset = described(screen)
    item = Dataset()
    if damage in ("no data", "wrong descriptor"):
        item.LUTDescriptor = [256, 0, 16] if damage == "no data" else [0, 0, 0]
    if damage in ("no descriptor", "wrong descriptor"):
        item.LUTData = b"\1\0"
        item["LUTData"].VR = "OW"
    setattr(dataset, sequence, [item])
    assert read_scan(written(dataset), "a").digest == expected.digest


@pytest.mark.parametrize(
    "damage", ["no bounds", "a bound that is text", "bounds turned round", "bytes for a sequence"]
)
def test_damaged_regions_count_for_nothing(screen: Screen, expected: Scan, damage: str) -> None:
    region = Dataset()
    region.RegionSpatialFormat = region.RegionDataType = 1
    if damage != "no bounds":
        region.RegionLocationMinX0, region.RegionLocationMinY0 = 40, 45
        region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 320, 439
    if damage == "bounds turned round":
        region.RegionLocationMinX0, region.RegionLocationMaxX1 = 320, 40
    if damage == "a bound that is text":
        region.add_new("RegionLocationMaxX1", "LO", "wide")
    dataset = described(screen)
    if damage == "bytes for a sequence":
        dataset.add_new("SequenceOfUltrasoundRegions", "OB", b"damaged!")
    else:
        dataset.SequenceOfUltrasoundRegions = [region]
    scan = read_scan(written(dataset), "a")
    assert scan.regions == ()
    assert scan.digest == expected.digest


@pytest.mark.parametrize("keyword", ["BitsStored", "HighBit", "PixelRepresentation"])
@pytest.mark.parametrize("value", [b"", b"\xff\xff"])
def test_a_description_of_the_samples_that_cannot_be_is_completed(
    screen: Screen, expected: Scan, keyword: str, value: bytes
) -> None:
    dataset = described(screen)
    del dataset[keyword]
    if value and keyword != "PixelRepresentation":
        setattr(dataset, keyword, 65535)
    assert read_scan(written(dataset), "a").digest == expected.digest


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
@pytest.mark.parametrize("damage", [None, b"\0" * 8, b"many    "])
def test_grey_frames_are_counted_by_their_length(
    screen: Screen, frames: int, damage: bytes | None
) -> None:
    dataset = described(screen)
    shifted = [np.roll(screen, 9 * shift, axis=1) for shift in range(frames)]
    dataset.PixelData = np.stack(shifted).tobytes()
    if damage is not None:
        dataset.NumberOfFrames = MARK.decode()
    data = written(dataset).replace(MARK, damage or MARK)
    cine = read_frames(data, "a")
    assert len(cine) == frames
    assert is_film(data) == (frames > 1)
    for index, pixels in enumerate(shifted):
        assert cine[index].digest == read_scan(encode_png(pixels), "a").digest


def _named(screen: Screen) -> Screen:
    words = np.zeros_like(screen)
    cv2.putText(words, "DOE JANE", (230, 260), cv2.FONT_HERSHEY_SIMPLEX, 1, 1, 3)
    cv2.rectangle(words, (200, 300), (420, 380), 1, -1)
    return words


def _as_jpeg_2000(deep: NDArray[np.uint16], dataset: Dataset, packed: Pack) -> Dataset:
    return packed_as(dataset, JPEG2000Lossless, [packed(deep.astype(np.uint16), "JPEG2000")])


def _as_run_lengths(deep: NDArray[np.uint16], dataset: Dataset, packed: Pack) -> Dataset:
    stored, dataset.BitsStored = dataset.BitsStored, 16
    dataset.compress(RLELossless)
    dataset.BitsStored = stored
    return dataset


def _as_it_is(deep: NDArray[np.uint16], dataset: Dataset, packed: Pack) -> Dataset:
    return dataset


@pytest.mark.parametrize("pack", [_as_it_is, _as_run_lengths, _as_jpeg_2000])
@pytest.mark.parametrize(("stored", "bit"), [(8, 8), (8, 15), (12, 12), (12, 15)])
def test_what_stands_above_the_stored_bits_is_not_shown(
    screen: Screen,
    packed: Pack,
    pack: Callable[[NDArray[np.uint16], Dataset, Pack], Dataset],
    stored: int,
    bit: int,
) -> None:
    whole = screen.copy()
    whole[0, 0] = 255
    levels = np.rint(whole * ((2**stored - 1) / 255)).astype(np.uint16)
    deep = levels | (_named(screen).astype(np.uint16) << bit)
    found = read_scan(written(pack(deep, described(deep, bits=stored), packed)), "a")
    assert found.digest == read_scan(written(described(levels, bits=stored)), "a").digest
    assert found.lettering == ()


@pytest.mark.parametrize("codec", ["JPEGLosslessProcess14_1", "JPEGLSLossless"])
def test_what_stands_above_the_stored_bits_of_a_lossless_stream_is_not_shown(
    screen: Screen, expected: Scan, codec: str, tmp_path: Path
) -> None:
    deep = screen.astype(np.uint16) | (_named(screen).astype(np.uint16) << 8)
    place = str(tmp_path / "a.dcm")
    Path(place).write_bytes(written(described(deep, bits=16)))
    reader, change, writer = (
        gdcm.ImageReader(),
        gdcm.ImageChangeTransferSyntax(),
        gdcm.ImageWriter(),
    )
    reader.SetFileName(place)
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, codec)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFileName(place)
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    dataset = pydicom.dcmread(place)
    assert dataset.file_meta.TransferSyntaxUID.is_encapsulated
    dataset.BitsStored, dataset.HighBit = 8, 7
    assert read_scan(written(dataset), "a").digest == expected.digest


def test_what_stands_above_in_signed_samples_is_not_shown(screen: Screen) -> None:
    levels = (screen.astype(np.int16) * 8 - 1000) & 0x0FFF
    named = levels | (_named(screen).astype(np.int16) << 13)
    scans = []
    for pixels in (levels, named):
        dataset = described(pixels.astype(np.int16), bits=12)
        dataset.PixelRepresentation = 1
        scans.append(read_scan(written(dataset), "a"))
    assert scans[0].digest == scans[1].digest
    assert find_sector(screen).found == scans[0].sector_found


def test_what_stands_below_the_stored_bits_is_not_shown(screen: Screen, expected: Scan) -> None:
    deep = (screen.astype(np.uint16) << 8) | (_named(screen).astype(np.uint16) * 255)
    dataset = described(deep, bits=8)
    dataset.HighBit = 15
    assert read_scan(written(dataset), "a").digest == expected.digest


def test_a_high_bit_that_no_sample_reaches_is_not_believed(screen: Screen, expected: Scan) -> None:
    dataset = described(screen.astype(np.uint16), bits=8)
    dataset.HighBit = 15
    assert read_scan(written(dataset), "a").digest == expected.digest


def test_stored_bits_that_the_picture_itself_exceeds_are_not_believed(screen: Screen) -> None:
    deep = np.rint(screen * (4095 / 255)).astype(np.uint16)
    deep[0, 0] = 4095
    honest = read_scan(written(described(deep, bits=12)), "a")
    assert read_scan(written(described(deep, bits=8)), "a").digest == honest.digest


@pytest.mark.parametrize("values", [2, 3], ids=["subsampled", "not subsampled"])
@pytest.mark.parametrize("kind", ["YBR_FULL_422", "YBR_PARTIAL_422"])
def test_colour_differences_for_every_second_pixel(
    screen: Screen, expected: Scan, kind: str, values: int
) -> None:
    partial = kind == "YBR_PARTIAL_422"
    luma = np.rint(screen * (219 / 255) + 16).astype(np.uint8) if partial else screen
    grey = np.full_like(luma, 128)
    triples = np.stack([luma, grey, grey], axis=-1)
    dataset = described(triples, kind)
    if values == 2:
        quads = np.stack([luma[:, ::2], luma[:, 1::2], grey[:, ::2], grey[:, ::2]], axis=-1)
        dataset.PixelData = quads.tobytes()
    found = read_scan(written(dataset), "a")
    assert np.abs(found.pixels.astype(int) - expected.pixels).max() <= 1
