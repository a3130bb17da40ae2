"""How the pixels of DICOM files are packed: syntaxes that are right, that lie, ends that lack."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
)

from fetal.scans import Scan, ScanError, TruncatedError, encode_png, is_film, read_frames, read_scan
from tests.scans.conftest import Pack, Screen
from tests.scans.dicom_files import described, packed_as, relabelled, written

LOOKALIKES = {
    "JPEG 2000": bytes.fromhex("ff4fff51"),
    "JPEG": bytes.fromhex("ffd8ffe0"),
    "item": bytes.fromhex("feff00e0"),
    "end": bytes.fromhex("feffdde0"),
}


@pytest.fixture
def expected(screen: Screen) -> Scan:
    return read_scan(encode_png(screen), "a.png")


def _same(data: bytes, screen: Screen) -> bool:
    return read_scan(data, "a").digest == read_scan(encode_png(screen), "a.png").digest


@pytest.mark.parametrize("bytes_of", LOOKALIKES.values(), ids=LOOKALIKES.keys())
@pytest.mark.parametrize("photometric", ["MONOCHROME2", "RGB", "PALETTE COLOR"])
def test_run_lengths_are_believed_whatever_their_bytes_look_like(
    screen: Screen, bytes_of: bytes, photometric: str
) -> None:
    likened = screen.copy()
    # Each byte of a literal run stands in the stream as it is.
    likened[240, 300 : 300 + len(bytes_of)] = np.frombuffer(bytes_of, np.uint8)
    likened[240, 304:312] = [1, 9, 2, 8, 3, 7, 4, 6]
    pixels = np.stack([likened] * 3, axis=-1) if photometric == "RGB" else likened
    dataset = described(pixels, photometric)
    if photometric == "PALETTE COLOR":
        table = (np.arange(256, dtype=np.uint16) * 257).astype("<u2").tobytes()
        for colour in ("Red", "Green", "Blue"):
            setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(dataset, f"{colour}PaletteColorLookupTableData", table)
    dataset.compress(RLELossless)
    data = written(dataset)
    assert bytes_of in data
    assert _same(data, likened)


def test_pixels_that_begin_as_a_compressed_file_does_are_pixels(screen: Screen) -> None:
    likened = screen.copy()
    likened[0, :8] = np.frombuffer(bytes.fromhex("feff00e000000000"), np.uint8)
    likened[0, 8:12] = np.frombuffer(bytes.fromhex("ffd8ffe0"), np.uint8)
    assert _same(written(described(likened)), likened)


def _without_end(data: bytes) -> bytes:
    assert data.endswith(bytes.fromhex("feffdde000000000"))
    return data[:-8]


@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000", "RLE"])
def test_a_whole_frame_without_the_end_mark_is_read(
    screen: Screen, packed: Pack, expected: Scan, kind: str
) -> None:
    dataset = described(screen)
    if kind == "RLE":
        dataset.compress(RLELossless)
    else:
        syntax = JPEGBaseline8Bit if kind == "JPEG" else JPEG2000Lossless
        packed_as(dataset, syntax, [packed(screen, kind)])
    data = _without_end(written(dataset))
    difference = read_scan(data, "a").pixels.astype(int) - expected.pixels
    assert np.abs(difference).mean() < 2


def _six(
    screen: Screen, packed: Pack, kind: str = "JPEG", syntax: UID = JPEGBaseline8Bit
) -> tuple[Dataset, list[bytes]]:
    frames = [packed(np.roll(screen, 8 * shift, axis=1), kind) for shift in range(6)]
    return packed_as(described(screen), syntax, frames), frames


@pytest.mark.parametrize("table", [True, False], ids=["table of offsets", "no table"])
def test_a_film_that_was_cut_keeps_its_whole_frames(
    screen: Screen, packed: Pack, table: bool
) -> None:
    dataset, frames = _six(screen, packed)
    if not table:
        value = dataset.PixelData
        skipped = 8 + int.from_bytes(value[4:8], "little")
        dataset.PixelData = value[:4] + bytes(4) + value[skipped:]
    data = written(dataset)
    cut = data[: -8 - len(frames[-1]) // 2]
    assert len(read_frames(cut, "a")) == 5
    assert is_film(cut)
    within_the_first = data[: data.index(frames[0]) + len(frames[0]) // 2]
    with pytest.raises(TruncatedError):
        read_frames(within_the_first, "a")


def test_fewer_pieces_than_frames_are_the_frames_that_there_are(
    screen: Screen, packed: Pack
) -> None:
    dataset, _ = _six(screen, packed)
    dataset.NumberOfFrames = 9
    assert len(read_frames(written(dataset), "a")) == 6


def test_frames_in_several_pieces_are_put_together(screen: Screen, packed: Pack) -> None:
    frames = [packed(np.roll(screen, 8 * shift, axis=1), "JPEG") for shift in range(3)]
    pieces = [half for frame in frames for half in (frame[:1000], frame[1000:])]
    dataset = packed_as(described(screen), JPEGBaseline8Bit, pieces)
    value = dataset.PixelData
    dataset.PixelData = value[:4] + bytes(4) + value[8 + int.from_bytes(value[4:8], "little") :]
    dataset.NumberOfFrames = 3
    cine = read_frames(written(dataset), "a")
    assert [cine[index].sector_found for index in range(len(cine))] == [True] * 3


@pytest.mark.parametrize("label", [ExplicitVRLittleEndian, RLELossless, JPEGLosslessSV1])
@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000", "RLE"])
def test_a_compressed_stream_under_the_wrong_label_is_read(
    screen: Screen, packed: Pack, expected: Scan, label: UID, kind: str
) -> None:
    dataset = described(screen)
    if kind == "RLE":
        dataset.compress(RLELossless)
        truth = RLELossless
    else:
        truth = JPEGBaseline8Bit if kind == "JPEG" else JPEG2000Lossless
        packed_as(dataset, truth, [packed(screen, kind)])
    data = relabelled(written(dataset), truth, label)
    difference = read_scan(data, "a").pixels.astype(int) - expected.pixels
    assert np.abs(difference).mean() < 2


def test_a_compressed_stream_in_an_implicit_file_is_read(
    screen: Screen, packed: Pack, expected: Scan
) -> None:
    dataset = described(screen)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.PixelData = b"PLACE" * 2
    data = written(dataset)
    at = data.index(b"PLACE") - 4
    stream = packed(screen, "JPEG2000")
    stream += b"\0" * (len(stream) % 2)
    item = bytes.fromhex("feff00e000000000feff00e0") + len(stream).to_bytes(4, "little")
    data = data[:at] + b"\xff" * 4 + item + stream + bytes.fromhex("feffdde000000000")
    assert read_scan(data, "a").digest == expected.digest


@pytest.mark.parametrize("label", [JPEGBaseline8Bit, JPEG2000Lossless, RLELossless])
def test_pixels_that_are_not_compressed_under_the_label_of_a_codec_are_read(
    screen: Screen, label: UID
) -> None:
    data = relabelled(written(described(screen)), ExplicitVRLittleEndian, label)
    assert _same(data, screen)


@pytest.mark.parametrize(
    ("truth", "label"),
    [
        (ExplicitVRBigEndian, ExplicitVRLittleEndian),
        (ExplicitVRLittleEndian, ExplicitVRBigEndian),
        (ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian),
        (ImplicitVRLittleEndian, ExplicitVRLittleEndian),
        (ExplicitVRLittleEndian, ImplicitVRLittleEndian),
        (ExplicitVRBigEndian, JPEGBaseline8Bit),
    ],
    ids=lambda uid: uid.name[:12],
)
def test_tags_in_another_encoding_than_the_header_says_are_read(
    screen: Screen, truth: UID, label: UID
) -> None:
    dataset = described(screen)
    dataset.file_meta.TransferSyntaxUID = truth
    dataset["PixelData"].VR = "OB"
    assert _same(relabelled(written(dataset), truth, label), screen)


def test_the_bytes_of_deep_samples_are_put_in_order(screen: Screen) -> None:
    deep = np.rint(screen * (4095 / 255)).astype(">u2")
    deep[0, 0] = 4095
    whole = read_scan(written(described(deep.astype("<u2"), bits=12)), "a")
    assert read_scan(written(described(deep, bits=12)), "a").digest == whole.digest


def test_what_is_no_stream_at_all_is_refused(screen: Screen) -> None:
    data = written(packed_as(described(screen), JPEGBaseline8Bit, [b"nonsense" * 9]))
    with pytest.raises(ScanError):
        read_scan(data, "a")
