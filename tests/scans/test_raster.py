import numpy as np
import pytest
from PIL import Image

from fetal.scans import decode_png, encode_png, read_scan
from tests.scans.conftest import Pack, Screen


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("BMP", {}),
        ("GIF", {}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_the_same_pixels_are_the_same_scan_in_every_format(
    screen: Screen, packed: Pack, kind: str, options: dict[str, object]
) -> None:
    expected = read_scan(encode_png(screen), "a.png")
    scan = read_scan(packed(screen, kind, **options), "anything.dat")
    assert scan.digest == expected.digest
    np.testing.assert_array_equal(scan.pixels, expected.pixels)


@pytest.mark.parametrize(
    "mode", ["RGB", "RGBA", "P", "LA"], ids=["colour", "alpha", "palette", "grey and alpha"]
)
def test_a_grey_scan_is_the_same_scan_in_every_mode(
    screen: Screen, packed: Pack, mode: str
) -> None:
    grey = Image.fromarray(screen)
    scan = read_scan(packed(grey.convert(mode), "PNG"), "a.png")
    assert scan.digest == read_scan(encode_png(screen), "a.png").digest


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_files_stay_close(screen: Screen, packed: Pack, kind: str) -> None:
    exact = read_scan(encode_png(screen), "a.png")
    lossy = read_scan(packed(screen, kind, quality=92), "a")
    both = (exact.pixels > 0) & (lossy.pixels > 0)
    assert both.mean() > 0.9 * (exact.pixels > 0).mean()
    difference = exact.pixels[both].astype(int) - lossy.pixels[both]
    assert np.abs(difference).mean() < 6


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_deep_tiff_is_scaled_by_its_own_depth(screen: Screen, packed: Pack, bits: int) -> None:
    exact = screen.copy()
    exact[0, 0] = 255
    deep = np.rint(exact * ((2**bits - 1) / 255)).astype(np.uint16)
    scan = read_scan(packed(deep, "TIFF"), "deep.tif")
    assert scan.digest == read_scan(encode_png(exact), "a.png").digest


def test_sixteen_bit_tiff_that_counts_from_white_is_turned_round(
    screen: Screen, packed: Pack
) -> None:
    whole = np.rint(screen * 257.0).astype(np.uint16)
    whole[0, 0] = 65535
    upright = read_scan(packed(whole, "TIFF"), "a.tif")
    inverted = packed(65535 - whole, "TIFF", tiffinfo={262: 0})
    assert read_scan(inverted, "a.tif").digest == upright.digest


def test_cmyk_jpeg_reads_as_its_grey(screen: Screen, packed: Pack) -> None:
    cmyk = Image.fromarray(screen).convert("CMYK")
    scan = read_scan(packed(cmyk, "JPEG", quality=95), "print.jpg")
    inside = scan.pixels > 0
    difference = scan.pixels[inside].astype(int) - screen[inside]
    assert np.abs(difference).mean() < 4


def test_a_photographed_orientation_is_undone(screen: Screen, packed: Pack) -> None:
    turned = Image.fromarray(np.rot90(screen, 1).copy())
    exif = Image.Exif()
    exif[0x0112] = 6
    scan = read_scan(packed(turned, "PNG", exif=exif), "a.png")
    assert scan.digest == read_scan(encode_png(screen), "a.png").digest


def test_one_bit_pictures_become_black_and_white(screen: Screen, packed: Pack) -> None:
    scan = read_scan(packed(Image.fromarray(screen).convert("1"), "PNG"), "a.png")
    assert set(np.unique(scan.pixels)) <= {0, 255}


def test_transparency_lies_over_the_black_of_the_screen(screen: Screen, packed: Pack) -> None:
    alpha = np.where(screen > 0, 255, 0).astype(np.uint8)
    white_beneath = np.where(screen > 0, screen, 255).astype(np.uint8)
    layered = Image.merge("LA", [Image.fromarray(white_beneath), Image.fromarray(alpha)])
    scan = read_scan(packed(layered, "PNG"), "a.png")
    assert scan.digest == read_scan(encode_png(screen), "a.png").digest


def test_the_stored_png_holds_the_pixels_and_nothing_else(screen: Screen) -> None:
    stored = encode_png(screen)
    np.testing.assert_array_equal(decode_png(stored), screen)
    names = {stored[at : at + 4] for at in _chunks(stored)}
    assert names == {b"IHDR", b"IDAT", b"IEND"}


def _chunks(data: bytes) -> list[int]:
    places, at = [], 8
    while at < len(data):
        places.append(at + 4)
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return places
