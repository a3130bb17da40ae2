import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from fetal.scans import (
    AnimatedError,
    BlankScanError,
    ColourDopplerError,
    EmptyFileError,
    Limits,
    NotAnImageError,
    ScanError,
    TooLargeError,
    TooSmallError,
    TruncatedError,
    UnsupportedFormatError,
    encode_png,
    read_scan,
)
from tests.scans.conftest import Pack, Screen


def _refused(data: bytes, name: str, kind: type[ScanError], *words: str) -> None:
    with pytest.raises(kind) as refusal:
        read_scan(data, name)
    sentence = str(refusal.value)
    assert sentence.startswith("Expected ")
    assert "received" in sentence
    assert "please" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert name not in sentence
    for word in words:
        assert word in sentence


def _bomb(side: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(side + 1)
    rows = b"".join(packer.compress(row) for _ in range(200)) + packer.flush()
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_an_empty_file() -> None:
    _refused(b"", "scan.png", EmptyFileError, "0 bytes")


def test_a_text_file_named_png() -> None:
    _refused(b"Dear colleague, the scan follows.\n", "scan.png", NotAnImageError)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"\x00\x00\x00\x18ftypheic", "HEIC"),
        (b"\x00\x00\x00\x18ftypmp42", "film"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "film"),
    ],
)
def test_other_documents_are_named(data: bytes, word: str) -> None:
    _refused(data, "scan.png", UnsupportedFormatError, word)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.5])
def test_a_truncated_picture(screen: Screen, packed: Pack, kind: str, share: float) -> None:
    whole = packed(screen, kind)
    _refused(whole[: max(16, int(len(whole) * share))], "scan.x", TruncatedError, "cut short")


def test_a_bomb_is_refused_from_its_header() -> None:
    _refused(_bomb(30_000), "bomb.png", TooLargeError, "million")


def test_the_size_in_a_header_is_checked_against_the_limits(screen: Screen) -> None:
    with pytest.raises(TooLargeError, match="640 x 480"):
        read_scan(encode_png(screen), "a.png", Limits(pixels=640 * 480 - 1))


def test_a_webp_canvas_is_measured_before_it_is_made(packed: Pack, screen: Screen) -> None:
    data = bytearray(packed(Image.fromarray(screen).convert("RGBA"), "WEBP", exif=b"Exif\0\0x"))
    assert data[12:16] == b"VP8X"
    data[24:30] = (16_000 - 1).to_bytes(3, "little") * 2
    _refused(bytes(data), "bomb.webp", TooLargeError, "16,000 x 16,000")


def test_too_many_bytes(screen: Screen) -> None:
    with pytest.raises(TooLargeError, match="MB"):
        read_scan(encode_png(screen) + bytes(2_000_000), "a.png", Limits(megabytes=1))


@pytest.mark.parametrize(
    ("kind", "options", "word"),
    [
        ("GIF", {}, "animated GIF of 3 frames"),
        ("WEBP", {"lossless": True}, "animated WebP of 3 frames"),
        ("PNG", {}, "animated PNG of 3 frames"),
        ("TIFF", {}, "TIFF with several pages of 3 frames"),
    ],
)
def test_animations_and_several_pages(
    screen: Screen, packed: Pack, kind: str, options: dict[str, object], word: str
) -> None:
    frames = [Image.fromarray(np.roll(screen, 9 * shift, axis=1)) for shift in range(3)]
    data = packed(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    _refused(data, "cine", AnimatedError, word)


def test_a_ten_by_ten_picture(packed: Pack) -> None:
    data = packed(np.arange(100, dtype=np.uint8).reshape(10, 10), "PNG")
    _refused(data, "tiny.png", TooSmallError, "10 x 10")


def test_a_flat_picture() -> None:
    _refused(encode_png(np.full((300, 300), 7, np.uint8)), "black.png", BlankScanError)


def _doppler(screen: np.ndarray) -> np.ndarray:
    colour = np.stack([screen] * 3, axis=-1)
    rows, columns = np.mgrid[: screen.shape[0], : screen.shape[1]]
    towards = np.hypot(rows - 200, columns - 300) < 18
    away = np.hypot(rows - 230, columns - 350) < 14
    colour[towards] = (200, 40, 20)
    colour[away] = (20, 60, 210)
    return colour


def test_a_colour_doppler_frame(screen: Screen, packed: Pack) -> None:
    _refused(packed(_doppler(screen), "PNG"), "flow.png", ColourDopplerError, "colour Doppler")


def test_colour_doppler_is_seen_through_jpeg(screen: Screen, packed: Pack) -> None:
    data = packed(_doppler(screen), "JPEG", quality=85)
    _refused(data, "flow.jpg", ColourDopplerError)


def test_coloured_callipers_are_no_doppler(screen: Screen, packed: Pack) -> None:
    colour = np.stack([screen] * 3, axis=-1)
    colour[200, 250:400] = (255, 220, 0)
    colour[190:211, 250:252] = (255, 220, 0)
    colour[190:211, 398:400] = (0, 255, 60)
    assert read_scan(packed(colour, "PNG"), "a.png").sector_found


def test_a_tinted_scan_is_no_doppler(screen: Screen, packed: Pack) -> None:
    sepia = (screen[..., None] * np.array([1.0, 0.75, 0.4])).astype(np.uint8)
    assert read_scan(packed(sepia, "PNG"), "a.png").sector_found


def test_a_hostile_name_is_only_a_name(screen: Screen) -> None:
    scan = read_scan(encode_png(screen), "../../Patient00042_Plane3/../x.png")
    assert scan.patient is None
