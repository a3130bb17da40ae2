"""The frames of encapsulated pixel data (PS3.5, A.4), as many of them as are whole.

pydicom's own reader gives nothing where the end mark is missing, where the last piece is cut short,
or where there are fewer pieces than frames.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ITEM = b"\xfe\xff\x00\xe0"
END_MARK = b"\xfe\xff\xdd\xe0\0\0\0\0"
_HEAD = 8
_END_OF_STREAM = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class _Fragment:
    place: int
    data: bytes
    whole: bool


def frames_in(
    value: bytes, stated: int | None, starts: Callable[[bytes], bool], extended: bytes = b""
) -> list[bytes]:
    """Find the compressed frames in encapsulated pixel data.

    The table of offsets decides which pieces make a frame; where it is empty or wrong, a new frame
    begins with each piece that begins a stream.

    Args:
        value: the pixel data, from the first item on; the end mark may be missing.
        stated: how many frames the file says that it holds, or None where it does not say.
        starts: whether a piece begins a stream.
        extended: the Extended Offset Table, where the file has one.

    Returns:
        The frames that are whole, `stated` at the most.

    Example:
        >>> import pydicom.encaps
        >>> packed = pydicom.encaps.encapsulate([b"aa", b"ab"])
        >>> frames_in(packed, 4, lambda piece: piece.startswith(b"a"))
        [b'aa', b'ab']
    """
    [table, *pieces] = _fragments(value) or [_Fragment(0, b"", True)]
    if not pieces:
        return []
    offsets = _numbers(table.data, 4) or _numbers(extended, 8)
    first = pieces[0].place
    groups = _by_offsets(pieces, [first + offset for offset in offsets])
    if groups is None or len(offsets) < min(stated or 1, len(pieces)):
        groups = _by_starts(pieces, stated, starts)
    return [
        b"".join(piece.data for piece in group)
        for group in groups[:stated]
        if all(piece.whole for piece in group)
    ]


def _fragments(value: bytes) -> list[_Fragment]:
    found = []
    at = 0
    while value[at : at + 4] == ITEM and at + _HEAD <= len(value):
        (length,) = struct.unpack_from("<I", value, at + 4)
        data = value[at + _HEAD : at + _HEAD + length]
        ended = data.rstrip(b"\0").endswith(_END_OF_STREAM)
        found.append(_Fragment(at, data, len(data) == length or ended))
        at += _HEAD + length
    return found


def _by_offsets(pieces: list[_Fragment], places: Sequence[int]) -> list[list[_Fragment]] | None:
    known = {piece.place for piece in pieces}
    there = [place for place in places if place <= pieces[-1].place]
    if not there or there[0] != pieces[0].place or not known.issuperset(there):
        return None
    ends = [*there[1:], pieces[-1].place + 1]
    return [
        [piece for piece in pieces if place <= piece.place < end]
        for place, end in zip(there, ends, strict=True)
    ]


def _by_starts(
    pieces: list[_Fragment], stated: int | None, starts: Callable[[bytes], bool]
) -> list[list[_Fragment]]:
    if len(pieces) == stated:
        return [[piece] for piece in pieces]
    groups: list[list[_Fragment]] = []
    for piece in pieces:
        if groups and not starts(piece.data):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _numbers(table: bytes, size: int) -> list[int]:
    if len(table) % size:
        return []
    return [int.from_bytes(table[at : at + size], "little") for at in range(0, len(table), size)]
