"""Pictures as browsers, phones and machines export them, turned into 8-bit pixels."""

import io
import struct
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from fetal.scans.errors import (
    AnimatedError,
    NotAnImageError,
    ScanError,
    TruncatedError,
    UnsupportedFormatError,
)
from fetal.scans.limits import Limits

_READ = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
_NAMES = {"WEBP": "WebP"}
_ANIMATED = {
    "GIF": "an animated GIF",
    "PNG": "an animated PNG",
    "WEBP": "an animated WebP",
    "TIFF": "a TIFF with several pages",
}
_STARTS = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"BM": "BMP",
    b"GIF8": "GIF",
}
_OTHER_KINDS = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or Office document",
    b"\x00\x00\x00\x0cjP  ": "a JPEG 2000 picture",
    b"\xff\x4f\xff\x51": "a JPEG 2000 picture",
    b"\x1f\x8b": "a compressed archive",
    b"7z\xbc\xaf\x27\x1c": "a compressed archive",
    b"Rar!": "a compressed archive",
    b"\x1a\x45\xdf\xa3": "a film",
    b"\x30\x26\xb2\x75": "a film",
    b"\x00\x00\x01\xba": "a film",
}
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
_AVIF = (b"avif", b"avis", b"avio")
_PHONE = "please save it as PNG or JPEG, and upload that file"
_BRANDS_LOOKED_AT = 256
_TIFF_PHOTOMETRIC = 262
_TIFF_WHITE_IS_ZERO = 0
_BIT_DEPTHS = (8, 10, 12, 14, 16)
DICOMDIR = "DICOMDIR"
"""The name of the file that lists the others on a disc (`fetal.scans.dicom.dicomdir`)."""

_DICOM_PREFIX_AT = 128
_DICOM_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")
_DICOM_FIRST_GROUP_BIG_ENDIAN = b"\x00\x08\x00"


def kind_of(data: bytes) -> str | None:
    """Tell the format from the content; the name of a file proves nothing.

    Args:
        data: the file.

    Returns:
        `PNG`, `JPEG`, `TIFF`, `BMP`, `WEBP` or `GIF`, or None for anything else.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for start, kind in _STARTS.items() if data.startswith(start)), None)


def is_dicom(data: bytes) -> bool:
    """Tell DICOM from the content, with or without the 128-byte preamble.

    Args:
        data: the file.
    """
    if data[_DICOM_PREFIX_AT : _DICOM_PREFIX_AT + 4] == b"DICM":
        return True
    # Without a preamble a file starts with its first tag: group 2 or 8, a small element number.
    if data[:2] in _DICOM_FIRST_GROUPS and len(data) > 8 and data[3] == 0:
        return True
    return data.startswith(_DICOM_FIRST_GROUP_BIG_ENDIAN) and data[4:6].isalpha()


def read_picture(data: bytes, limits: Limits) -> NDArray[np.uint8]:
    """Decode a PNG, JPEG, TIFF, BMP, WebP or still GIF.

    The size is checked in the header, before any pixel is decoded. Deeper samples are scaled to 8
    bits by the smallest usual depth that holds the brightest one, since 12-bit data often comes in
    16-bit files. Transparency is laid over black, the screen's own ground.

    Args:
        data: the file.
        limits: the bounds on its size.

    Returns:
        uint8 (H, W) or (H, W, 3), upright.

    Raises:
        NotAnImageError: it is no picture.
        UnsupportedFormatError: it is of a kind that is not read.
        TruncatedError: it cannot be read to its end.
        AnimatedError: it holds several frames or pages.
        TooLargeError: it has too many pixels.
        TooSmallError: it has too few.
    """
    kind = kind_of(data)
    if kind is None:
        raise _refusal(data)
    if kind == "WEBP":
        limits.check_size(*_webp_size(data))
    return _guarded(lambda: _decoded(data, kind, limits), _NAMES.get(kind, kind), limits)


def pixels_of(image: Image.Image, limits: Limits) -> NDArray[np.uint8]:
    """Take the pixels of a Pillow image as `read_picture` takes those of its file.

    Args:
        image: the image, in any of Pillow's modes; of one with several frames the present one.
        limits: the bounds on its size.

    Returns:
        uint8 (H, W) or (H, W, 3), upright.

    Raises:
        TruncatedError: its file, which Pillow reads only now, cannot be read to its end.
        TooLargeError: it has too many pixels.
        TooSmallError: it has too few.

    Example:
        >>> pixels_of(Image.new("LA", (64, 64), (255, 0)), Limits()).max()
        np.uint8(0)
    """
    limits.check_size(*image.size)
    return _guarded(lambda: _pixels(image), image.format or "picture", limits)


def _guarded(
    decode: Callable[[], NDArray[np.uint8]], name: str, limits: Limits
) -> NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return decode()
    except Image.DecompressionBombError:
        raise limits.too_many_pixels() from None
    except (ScanError, MemoryError):
        raise
    # A decoder may raise anything at all on a hostile or damaged file.
    except Exception as error:
        raise TruncatedError(name) from error


def to_eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale samples of any depth to 0..255 without stretching the contrast.

    Args:
        values: integers or floats, any shape. Floats within 0..1 count as shares of white.

    Returns:
        uint8, the same shape.

    Example:
        >>> to_eight_bits(np.array([0, 2048, 4095], np.uint16))
        array([  0, 128, 255], dtype=uint8)
    """
    if values.dtype == np.uint8:
        return values
    shifted = np.nan_to_num(values.astype(np.float64))
    shifted -= min(0.0, float(shifted.min()))
    brightest = float(shifted.max())
    if values.dtype.kind == "f" and brightest <= 1.0:
        white = 1.0
    else:
        white = next((float(2**bits - 1) for bits in _BIT_DEPTHS if brightest < 2**bits), brightest)
    return np.asarray(np.rint(shifted * (255.0 / white)), np.uint8)


def _decoded(data: bytes, kind: str, limits: Limits) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data), formats=_READ) as image:
        limits.check_size(*image.size)
        if kind in _ANIMATED and getattr(image, "is_animated", False):
            raise AnimatedError(_ANIMATED[kind], getattr(image, "n_frames", None))
        return _pixels(image)


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    white_is_zero = _white_is_zero(image)
    upright = _upright(image)
    mode = upright.mode
    if mode.startswith(("I", "F")):
        deep = to_eight_bits(_over_black(np.asarray(upright), upright.info.get("transparency")))
        return np.asarray(255 - deep, np.uint8) if white_is_zero else deep
    if upright.has_transparency_data:
        layered = (upright.convert("LA") if mode == "La" else upright).convert("RGBA")
        ground = Image.new("RGBA", layered.size, (0, 0, 0, 255))
        upright = Image.alpha_composite(ground, layered)
    elif mode == "L":
        return np.array(upright, np.uint8)
    elif mode == "1":
        return np.asarray(upright.convert("L"), np.uint8)
    return np.asarray(upright.convert("RGB"), np.uint8)


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    # Pillow would copy the picture, too, where there is nothing to turn.
    is_turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
    return ImageOps.exif_transpose(image) if is_turned else image


def _over_black(values: NDArray[Any], transparent: object) -> NDArray[Any]:
    """Deep greys with the one that is transparent, if there is one, as black."""
    return np.where(values == transparent, 0, values) if isinstance(transparent, int) else values


def _white_is_zero(image: Image.Image) -> bool:
    tags = getattr(image, "tag_v2", None)
    return tags is not None and tags.get(_TIFF_PHOTOMETRIC) == _TIFF_WHITE_IS_ZERO


def _refusal(data: bytes) -> NotAnImageError | UnsupportedFormatError:
    for start, kind in _OTHER_KINDS.items():
        if data.startswith(start):
            return UnsupportedFormatError(kind)
    if data[4:8] == b"ftyp":
        return _iso_refusal(data)
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return UnsupportedFormatError("a film")
    return NotAnImageError()


def _iso_refusal(data: bytes) -> UnsupportedFormatError:
    """Name a file of ISO 14496-12 by its brands: phones keep pictures as such files, too."""
    length = min(int.from_bytes(data[:4], "big"), _BRANDS_LOOKED_AT)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, length, 4))}
    if not brands.isdisjoint(_AVIF):
        return UnsupportedFormatError("an AVIF picture", _PHONE)
    if not brands.isdisjoint(_HEIC):
        return UnsupportedFormatError("a HEIC picture, as phones take them", _PHONE)
    return UnsupportedFormatError("a film")


def _webp_size(data: bytes) -> tuple[int, int]:
    # Pillow hands the file to a decoder that sets canvases aside at once: look before that.
    try:
        if data[12:16] == b"VP8X":
            wide = int.from_bytes(data[24:27], "little") + 1
            return wide, int.from_bytes(data[27:30], "little") + 1
        if data[12:16] == b"VP8L":
            (bits,) = struct.unpack("<I", data[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        wide, high = struct.unpack("<HH", data[26:30])
        return wide & 0x3FFF, high & 0x3FFF
    except struct.error as error:
        raise TruncatedError("WebP") from error
