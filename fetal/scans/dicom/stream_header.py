"""What a compressed frame says of itself, read from the head of its stream before it is decoded.

The markers are those of ITU-T T.81 (JPEG, Annex B), T.87 (JPEG-LS, Annex C) and T.800 (JPEG 2000,
Annex A).
"""

import struct
from dataclasses import dataclass
from enum import StrEnum

from pydicom import uid

_STARTS_2000 = b"\xff\x4f\xff\x51"
_BOX_2000 = b"\0\0\0\x0cjP  "
_CODING_STYLE = b"\xff\x52"
_LOOKED_AT = 65_536
_JPEG_START = b"\xff\xd8"
_NOT_FRAMES = (0xC4, 0xC8, 0xCC)
_JPEG_LS_FRAME = 0xF7
_NO_LENGTH = (0x01, *range(0xD0, 0xD8))
_ADOBE_TRANSFORM = 11
_PROGRESSIVE, _LOSSLESS = 0xC2, 0xC3
_MOST_SEGMENTS = 15
_SEGMENTS_FROM = 64


class StreamColour(StrEnum):
    """What the three samples of a stream's pixels are, where the stream tells it."""

    RGB = "red, green, blue"
    YBR = "brightness and two colour differences"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class StreamHead:
    """A stream's own account of its picture.

    Args:
        width: pixels across.
        height: pixels down.
        samples: values a pixel.
        bits: bits a value.
        colour: what the values of a pixel are; for JPEG 2000, what they are once decoded.
        syntax: the transfer syntax that such a stream stands for.
    """

    width: int
    height: int
    samples: int
    bits: int
    colour: StreamColour
    syntax: uid.UID


def stream_head(frame: bytes) -> StreamHead | None:
    """Read the head of a JPEG, JPEG-LS or JPEG 2000 stream.

    Args:
        frame: one compressed frame, which begins with the stream or with the boxes of a JP2 file.

    Returns:
        The head, or None where the bytes are none of these or end too early.
    """
    try:
        if frame.startswith(_JPEG_START):
            return _jpeg(frame)
        boxed = frame.startswith(_BOX_2000)
        start = frame.find(_STARTS_2000, 0, _LOOKED_AT) if boxed else 0
        return _jpeg_2000(frame, start) if frame.startswith(_STARTS_2000, start) else None
    except (struct.error, IndexError):
        return None


def is_run_lengths(frame: bytes, segments: int) -> bool:
    """Return whether a frame begins with the header of run lengths (PS3.5, G.5).

    Args:
        frame: one compressed frame.
        segments: how many there have to be: one for each byte of a pixel.
    """
    if len(frame) <= _SEGMENTS_FROM or not 1 <= segments <= _MOST_SEGMENTS:
        return False
    count, *places = struct.unpack_from("<16I", frame)
    used = places[:segments]
    rising = all(here < there for here, there in zip(used, [*used[1:], len(frame)], strict=True))
    return count == segments and used[0] == _SEGMENTS_FROM and rising


def _jpeg_2000(frame: bytes, start: int) -> StreamHead:
    right, bottom, left, top = struct.unpack_from(">4I", frame, start + 8)
    (samples,) = struct.unpack_from(">H", frame, start + 40)
    bits = (frame[start + 42] & 0x7F) + 1
    style = frame.find(_CODING_STYLE, start, start + _LOOKED_AT)
    # Decoders undo the stream's own colour transform, so that what they give is RGB.
    transformed = style >= 0 and frame[style + 8] == 1
    colour = StreamColour.RGB if transformed else StreamColour.UNTOLD
    return StreamHead(right - left, bottom - top, samples, bits, colour, uid.JPEG2000)


def _jpeg(frame: bytes) -> StreamHead | None:
    told = StreamColour.UNTOLD
    at = 2
    while at < len(frame):
        if frame[at] != 0xFF:
            return None
        marker = frame[at + 1]
        if marker == 0xFF or marker in _NO_LENGTH:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", frame, at + 2)
        body = frame[at + 4 : at + 2 + length]
        if marker == _JPEG_LS_FRAME or (0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES):
            bits, height, width, samples = struct.unpack_from(">BHHB", body)
            if told is StreamColour.UNTOLD and body[6::3][:3] == b"RGB":
                told = StreamColour.RGB
            return StreamHead(width, height, samples, bits, told, _syntax(marker, bits))
        told = _application(marker, body, told)
        at += 2 + length
    return None


def _syntax(marker: int, bits: int) -> uid.UID:
    if marker == _JPEG_LS_FRAME:
        return uid.JPEGLSLossless
    if marker == _LOSSLESS:
        return uid.JPEGLossless
    return uid.JPEGBaseline8Bit if bits == 8 and marker <= _PROGRESSIVE else uid.JPEGExtended12Bit


def _application(marker: int, body: bytes, told: StreamColour) -> StreamColour:
    if marker == 0xE0 and body.startswith(b"JFIF"):
        return StreamColour.YBR
    if marker == 0xEE and body.startswith(b"Adobe") and len(body) > _ADOBE_TRANSFORM:
        return StreamColour.YBR if body[_ADOBE_TRANSFORM] == 1 else StreamColour.RGB
    return told
