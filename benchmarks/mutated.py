"""Small files of every kind that is read, and damage done to them, by seed.

    python benchmarks/mutated.py --files 200 FOLDER

writes damaged files, to look at or to drop on the app.
"""

import argparse
import io
import os
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from dicom import paths
from numpy.typing import NDArray
from PIL import Image

from fetal.phantom import simulate
from fetal.planes import PLANES
from fetal.scans import encode_png, read_grey

_PNG = b"\x89PNG\r\n\x1a\n"
_SMALL = (160, 120)
_LARGEST = 60_000
_REAL = 6
_TIMES = (2, 3, 8, 50)
_EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_TOKENS = (
    *(_PNG, b"IHDR", b"IDAT", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"iCCP", b"eXIf", b"IEND"),
    *(b"\xff\xd8\xff\xe0", b"\xff\xc0", b"\xff\xc2", b"\xff\xc4", b"\xff\xda", b"\xff\xdd"),
    *(b"\xff\xf7", b"\xff\x4f\xff\x51", b"\xff\xd9", b"Adobe\0d", b"JFIF\0", b"Exif\0\0"),
    *(b"II*\0", b"MM\0*", b"II+\0", b"BM", b"GIF89a", b"RIFF", b"WEBP", b"VP8 ", b"VP8L", b"VP8X"),
    *(b"ANIM", b"ANMF", b"NETSCAPE2.0", b"DICM", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"),
    *(b"PK\x06\x06", b"PK\x06\x07", b"%PDF", b"<svg onload=alert(1)>", b"../../", b"\0" * 16),
    *(b"\xfe\xff\x00\xe0\xff\xff\xff\xff", b"\xfe\xff\xdd\xe0\0\0\0\0", b"SQ\0\0\xff\xff\xff\xff"),
    *(b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.4.90"),
)
_SHAPING = (0x02, 0x03, 0x04, 0x06, 0x08, 0x10, 0x11, 0x34, 0x100, 0x101, 0x102, 0x103)
"""Elements of DICOM's group 0028 that lay the pixels out; others there are cut to size below."""
_NAMES = ("a.png", "Patient00042_1.png", "../../etc/passwd", "IM0001", "<b>a</b>.dcm", "a\nb.jpg")


@dataclass(frozen=True)
class Damaged:
    """A damaged file.

    Attributes:
        seed: what it was made of.
        name: a file name for it.
        data: its content.
    """

    seed: str
    name: str
    data: bytes


def seeds() -> dict[str, bytes]:
    """Whole files by name: pictures of every format, DICOM, films, archives, a table."""
    found = {
        f"{at}.{name}": data
        for at, pixels in enumerate(_pictures())
        for name, data in _packed(pixels)
    }
    for path in paths():
        if path.stat().st_size <= _LARGEST:
            found[path.name] = path.read_bytes()
    return {**found, **_archives(found)}


def damaged(files: dict[str, bytes], seed: int, index: int) -> Damaged:
    """One damaged file; the same numbers give the same file.

    Args:
        files: whole ones.
        seed: of the run.
        index: its place in the run.
    """
    chance = random.Random(f"{seed}:{index}")
    names = sorted(files)
    name = chance.choice(names)
    data = bytearray(files[name])
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        other = files[chance.choice(names)]
        data = chance.choice(_DAMAGES)(data, other, chance)
    return Damaged(name, chance.choice((*_NAMES, name)), bytes(data))


def _pictures() -> Iterator[NDArray[np.uint8]]:
    """Real scans where they are at hand, and phantoms; all made small."""
    shared = Path(os.environ.get("FETAL_SHARED", Path(__file__).parents[2] / "shared"))
    real = sorted((shared / "data" / "fetal_planes" / "images").glob("*"))
    for path in real[:: max(1, len(real) // _REAL)][:_REAL]:
        yield _made_small(read_grey(path.read_bytes()))
    for number, plane in enumerate(PLANES):
        yield _made_small(simulate(plane, number).pixels)


def _made_small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).resize(_SMALL), np.uint8)


def _packed(pixels: NDArray[np.uint8]) -> Iterator[tuple[str, bytes]]:
    grey = Image.fromarray(pixels)
    colour, deep = grey.convert("RGB"), Image.fromarray(pixels.astype(np.uint16) * 257)
    frames = [grey, grey.rotate(9)]
    yield "png", encode_png(pixels)
    for kind in ("jpeg", "webp", "bmp", "gif"):
        yield kind, _saved(grey, kind)
    yield "colour.png", _saved(colour.convert("RGBA"), "png")
    yield "palette.png", _saved(colour.quantize(16), "png")
    yield "deep.png", _saved(deep, "png")
    yield "progressive.jpeg", _saved(colour, "jpeg", progressive=True)
    yield "lossless.webp", _saved(colour, "webp", lossless=True)
    yield "film.webp", _saved(grey, "webp", save_all=True, append_images=frames)
    yield "film.gif", _saved(grey, "gif", save_all=True, append_images=frames)
    for packing in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"{packing}.tiff", _saved(colour, "tiff", compression=packing)
    yield "deep.tiff", _saved(deep, "tiff")
    yield "fax.tiff", _saved(grey.convert("1"), "tiff", compression="group4")


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    packed = io.BytesIO()
    image.save(packed, kind, **options)
    return packed.getvalue()


def _archives(files: dict[str, bytes]) -> dict[str, bytes]:
    pictures = {name: files[name] for name in ("0.png", "1.jpeg", "2.webp")}
    table = b"image,plane,patient\n0.png,brain,4711\n1.jpeg,Fetal femur,4712\n"
    plain = _zipped({**pictures, "labels.csv": table}, zipfile.ZIP_DEFLATED)
    return {
        "deflate.zip": plain,
        "stored.zip": _zipped({"brain/a.png": files["0.png"]}, zipfile.ZIP_STORED),
        "bzip2.zip": _zipped({"femur/a.png": files["1.png"]}, zipfile.ZIP_BZIP2),
        "lzma.zip": _zipped({"b.png": files["2.png"]}, zipfile.ZIP_LZMA),
        "nested.zip": _zipped({"inner.zip": plain, "c.png": files["3.png"]}, zipfile.ZIP_STORED),
    }


def _zipped(files: dict[str, bytes], packing: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packing) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _flip(data: bytearray, _: bytes, chance: random.Random) -> bytearray:
    for _count in range(chance.choice((1, 1, 4, 32)) if data else 0):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def _cut(data: bytearray, _: bytes, chance: random.Random) -> bytearray:
    return data[: chance.randrange(len(data) + 1)]


def _splice(data: bytearray, other: bytes, chance: random.Random) -> bytearray:
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other)) :]


def _number(data: bytearray, _: bytes, chance: random.Random) -> bytearray:
    """Where lengths stand, mostly near the ends: a number at the edge of what fits."""
    width = chance.choice((1, 2, 4, 8))
    if len(data) < width:
        return data
    most = len(data) - width
    near = chance.choice((64, 600, most))
    at = chance.randint(0, min(near, most))
    at = most - at if chance.random() < 0.2 else at
    orders: tuple[Literal["little"], Literal["big"]] = ("little", "big")
    order = chance.choice(orders)
    value = chance.choice((*_EDGES, len(data), chance.getrandbits(8 * width)))
    data[at : at + width] = (value % (1 << 8 * width)).to_bytes(width, order)
    return data


def _token(data: bytearray, _: bytes, chance: random.Random) -> bytearray:
    at, token = chance.randint(0, len(data)), chance.choice(_TOKENS)
    data[at : at + (len(token) if chance.random() < 0.5 else 0)] = token
    return data


def _piece(data: bytearray, chance: random.Random) -> tuple[int, int]:
    start = chance.randint(0, len(data))
    return start, min(len(data), start + chance.choice((4, 40, 400, 4000)))


def _repeat(data: bytearray, _: bytes, chance: random.Random) -> bytearray:
    start, end = _piece(data, chance)
    data[end:end] = data[start:end] * chance.choice(_TIMES)
    return data


def _leave_out(data: bytearray, _: bytes, chance: random.Random) -> bytearray:
    start, end = _piece(data, chance)
    del data[start:end]
    return data


def _append(data: bytearray, other: bytes, chance: random.Random) -> bytearray:
    return data + other if chance.random() < 0.5 else bytearray(other) + data


def _header(data: bytearray, other: bytes, chance: random.Random) -> bytearray:
    """Damage that the format's own checks let through."""
    if data.startswith(_PNG):
        return _png_chunk(data, chance)
    if data[128:132] == b"DICM":
        return _dicom_element(data, chance)
    return _number(data, other, chance)


def _png_chunk(data: bytearray, chance: random.Random) -> bytearray:
    chunks, at = [], len(_PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append((bytes(data[at + 4 : at + 8]), data[at + 8 : at + 8 + length]))
        at += length + 12
    if not chunks:
        return data
    kind, content = chance.choice(chunks[:2] if chance.random() < 0.7 else chunks)
    if kind == b"IDAT" and chance.random() < 0.7:
        content[:] = zlib.compress(bytes(content) * chance.choice(_TIMES))
    else:
        _number(content, b"", chance)
    if chance.random() < 0.2:
        chunks.append((kind, content))
    written = bytearray(_PNG)
    for kind, content in chunks:
        written += struct.pack(">I", len(content)) + kind + content
        written += struct.pack(">I", zlib.crc32(kind + bytes(content)))
    return written


def _dicom_element(data: bytearray, chance: random.Random) -> bytearray:
    tag = struct.pack("<HH", 0x0028, chance.choice(_SHAPING))
    at = data.find(tag)
    if at < 0 or len(data) < at + 12:
        return data
    # Explicit: two letters and a short length; implicit: a long one. The value follows both.
    value = chance.choice((*_EDGES, *range(20), 12, 16, 32)) & 0xFFFF
    struct.pack_into("<H", data, at + 8, value)
    return data


_DAMAGES: tuple[Callable[[bytearray, bytes, random.Random], bytearray], ...] = (
    *(_flip, _flip, _cut, _splice, _number, _number, _number, _token),
    *(_repeat, _leave_out, _append, _header, _header, _header),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write damaged files.")
    parser.add_argument("--files", type=int, default=100, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other files")
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    whole = seeds()
    for index in range(asked.files):
        one = damaged(whole, asked.seed, index)
        (asked.folder / f"{index:05d} {one.seed}").write_bytes(one.data)


if __name__ == "__main__":
    main()
