"""Tints and flow, Pillow images, pictures of phones, and faint words on a small frame."""

import io
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image

from fetal.predict.inputs import as_scan
from fetal.scans import (
    ColourDopplerError,
    ScanError,
    UnsupportedFormatError,
    encode_png,
    read_frames,
    read_scan,
)
from tests.scans.conftest import Pack, Screen
from tests.scans.dicom_files import described, written

Colour = tuple[int, int, int]

LEVELS = np.arange(256)


def _times(*factors: float) -> NDArray[np.uint8]:
    return np.stack([LEVELS * factor for factor in factors], axis=1).astype(np.uint8)


def _through(*stops: tuple[int, Colour]) -> NDArray[np.uint8]:
    places = [place for place, _ in stops]
    channels = [
        np.interp(LEVELS, places, [colour[channel] for _, colour in stops]) for channel in range(3)
    ]
    return np.stack(channels, axis=1).astype(np.uint8)


TINTS = {
    "gold": _times(1, 0.84, 0),
    "sepia": _times(1, 0.6, 0.25),
    "blue": _times(0.1, 0.25, 1),
    "pure blue": _times(0, 0, 1),
    "green": _times(0.2, 1, 0.3),
    "purple": _times(0.7, 0.3, 1),
    "copper": _through((0, (0, 0, 0)), (204, (255, 160, 102)), (255, (255, 200, 127))),
    "gold to white": _through((0, (0, 0, 0)), (128, (180, 120, 20)), (255, (255, 250, 220))),
    "grey to gold": _through((0, (0, 0, 0)), (100, (100, 100, 100)), (255, (255, 210, 60))),
    "a blue floor": _through((0, (0, 0, 60)), (128, (120, 120, 160)), (255, (255, 255, 255))),
}
FLOW = {
    "red and blue": [(210, 40, 20), (20, 60, 210)],
    "yellow and cyan": [(250, 220, 40), (40, 220, 240)],
    "power": [(240, 140, 20), (140, 40, 10)],
}


@pytest.mark.parametrize("quality", [None, 60], ids=["exact", "jpeg"])
@pytest.mark.parametrize("tint", TINTS.values(), ids=TINTS.keys())
def test_a_tint_of_one_colour_for_each_brightness_is_only_another_grey(
    screen: Screen, packed: Pack, tint: NDArray[np.uint8], quality: int | None
) -> None:
    options = {} if quality is None else {"quality": quality}
    data = packed(tint[screen], "PNG" if quality is None else "JPEG", **options)
    assert read_scan(data, "a").pixels.any()


def test_a_tint_in_a_palette_is_read(screen: Screen) -> None:
    dataset = described(screen, "PALETTE COLOR")
    for channel, colour in enumerate(("Red", "Green", "Blue")):
        table = (TINTS["gold"][:, channel].astype("<u2") * 257).tobytes()
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"{colour}PaletteColorLookupTableData", table)
    assert read_scan(written(dataset), "a").sector_found


@pytest.mark.parametrize("quality", [None, 80], ids=["exact", "jpeg"])
@pytest.mark.parametrize("tint", [_times(1, 1, 1), TINTS["blue"], TINTS["gold to white"]])
@pytest.mark.parametrize("colours", FLOW.values(), ids=FLOW.keys())
def test_flow_over_a_grey_or_a_tinted_scan_is_flow(
    screen: Screen,
    packed: Pack,
    colours: list[Colour],
    tint: NDArray[np.uint8],
    quality: int | None,
) -> None:
    shown = tint[screen].copy()
    rows, columns = np.mgrid[: screen.shape[0], : screen.shape[1]]
    for place, colour in zip((300, 360), colours, strict=True):
        shown[np.hypot(rows - 220, columns - place) < 20] = colour
    options = {} if quality is None else {"quality": quality}
    data = packed(shown, "PNG" if quality is None else "JPEG", **options)
    with pytest.raises(ColourDopplerError):
        read_scan(data, "a")


def _with_exif(image: Image.Image, turn: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_pillow_image_is_turned_upright_as_its_file_is(screen: Screen, turn: int) -> None:
    data = _with_exif(Image.fromarray(screen), turn)
    assert as_scan(Image.open(io.BytesIO(data))).digest == read_scan(data, "").digest


def _transparent(screen: Screen, mode: str) -> Image.Image:
    """The screen with a name under the transparent part of it."""
    named = cv2.putText(screen.copy(), "DOE", (40, 300), cv2.FONT_HERSHEY_SIMPLEX, 2, 255, 4)
    alpha = Image.fromarray(np.where(named == screen, 255, 0).astype(np.uint8))
    image = Image.fromarray(named)
    image.putalpha(alpha)
    return image.convert(mode) if mode != "La" else image.convert("La")


@pytest.mark.parametrize("mode", ["LA", "RGBA", "La"])
def test_what_lies_under_a_transparent_part_is_not_shown(
    screen: Screen, packed: Pack, mode: str
) -> None:
    image = _transparent(screen, mode)
    found = as_scan(image)
    assert not (found.pixels[260:310, 40:150] > screen[260:310, 40:150]).any()
    if mode != "La":
        assert found.digest == read_scan(packed(image, "PNG"), "a").digest


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "I;16"])
def test_one_colour_that_is_transparent_is_black(screen: Screen, packed: Pack, mode: str) -> None:
    keyed = np.where(screen == 0, 200, np.minimum(screen, 199)).astype(np.uint8)
    image = Image.fromarray(keyed)
    key = (200, 200, 200) if mode == "RGB" else 200
    if mode == "I;16":
        image, key = Image.fromarray(keyed.astype(np.uint16) * 257), 200 * 257
    elif mode != "L":
        image = image.convert(mode)
    image.info["transparency"] = key
    data = packed(image, "PNG", transparency=key)
    assert not as_scan(image).pixels[screen == 0].any()
    assert as_scan(Image.open(io.BytesIO(data))).digest == read_scan(data, "").digest


@pytest.mark.parametrize("mode", ["I", "F", "I;16"])
def test_deep_pillow_images_are_scaled_as_their_file_is(
    screen: Screen, packed: Pack, mode: str
) -> None:
    deep = Image.fromarray(screen.astype(np.uint16) * 257)
    expected = read_scan(packed(deep, "PNG"), "a").digest
    assert as_scan(deep.convert(mode) if mode != "I;16" else deep).digest == expected


@pytest.mark.parametrize("mode", ["1", "L", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"])
def test_every_mode_of_pillow_is_read(screen: Screen, mode: str) -> None:
    image = Image.fromarray(screen)
    image = image.convert("P").convert("PA") if mode == "PA" else image.convert(mode)
    assert as_scan(image).pixels.shape == screen.shape


def test_a_pillow_image_that_was_opened_from_a_file_keeps_its_patient(
    screen: Screen, tmp_path: Path
) -> None:
    path = tmp_path / "Patient00042_1.png"
    path.write_bytes(encode_png(screen))
    assert as_scan(Image.open(path)).patient == "Patient00042"


def test_a_pillow_image_whose_file_is_damaged_is_refused_in_a_sentence(
    screen: Screen, packed: Pack
) -> None:
    data = packed(screen, "PNG")
    with pytest.raises(ScanError, match="cut short"):
        as_scan(Image.open(io.BytesIO(data[: len(data) // 2])))


@pytest.mark.parametrize(
    ("brand", "others", "word"),
    [
        (b"heic", b"", "HEIC"),
        (b"hevc", b"", "HEIC"),
        (b"msf1", b"", "HEIC"),
        (b"mif1", b"heic", "HEIC"),
        (b"mif1", b"avif", "AVIF"),
        (b"avis", b"", "AVIF"),
        (b"avif", b"", "AVIF"),
        (b"mp42", b"isom", "film"),
        (b"qt  ", b"", "film"),
    ],
)
def test_the_pictures_of_phones_are_named_and_films_are_films(
    brand: bytes, others: bytes, word: str
) -> None:
    length = (16 + len(others)).to_bytes(4, "big")
    with pytest.raises(UnsupportedFormatError, match=word) as refusal:
        read_scan(length + b"ftyp" + brand + bytes(4) + others + bytes(99), "a.heic")
    assert ("JPEG, and" in str(refusal.value)) == (word != "film")


def test_faint_words_on_a_small_dark_frame_are_asked_about() -> None:
    place = Path(pydicom.__file__).parent / "data/test_files/examples_ybr_color.dcm"
    cine = read_frames(place.read_bytes(), "a.dcm")
    asked = [bool(cine[index].lettering) for index in range(0, 30, 6)]
    assert asked == [True] * 5


def test_faint_words_over_the_black_of_a_sector_are_asked_about(screen: Screen) -> None:
    resized = cv2.resize(screen, (320, 240), interpolation=cv2.INTER_AREA)
    small = np.asarray(resized, np.uint8) // 3
    small[110:150, 120:200] = 0
    cv2.putText(small, "DOE", (140, 134), cv2.FONT_HERSHEY_SIMPLEX, 0.35, 75, 1)
    assert read_scan(encode_png(small), "a").lettering


def test_two_scans_side_by_side_are_read_with_a_warning(screen: Screen) -> None:
    strip = np.zeros((screen.shape[0], 12), np.uint8)
    inner = screen[:, 60:-120]
    both = read_scan(encode_png(np.hstack([inner, strip, inner])), "a")
    assert any("side by side" in warning for warning in both.warnings)


def test_a_scan_that_was_turned_to_negative_is_read_with_a_warning(screen: Screen) -> None:
    scan = read_scan(encode_png(255 - screen), "a")
    assert any("dark on white" in warning for warning in scan.warnings)
