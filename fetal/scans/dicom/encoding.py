"""How the tags of a file are encoded: what its header says, unless the first tag belies it."""

import io
import zlib

from pydicom import uid
from pydicom.filereader import data_element_generator

from fetal.scans.limits import Limits

_PREFIX = b"DICM"
_PREFIX_AT = 128
_META_GROUP = 2
_SYNTAX = 0x00020010
_INFLATED_AT_ONCE = 1_000_000
_LITTLE, _BIG = b"\x08\x00", b"\x00\x08"


def believed(data: bytes, limits: Limits) -> bytes:
    """Take away a header that names another encoding than the one that the tags have.

    Without a header pydicom tells the encoding from the tags themselves.

    Args:
        data: the file, with or without the 128 bytes at its start.
        limits: the bounds on what a deflated file may unpack to, which pydicom does unasked.

    Returns:
        What is to be parsed.

    Raises:
        TooLargeError: it unpacks to more than the limits.
    """
    written, start = _header(data)
    if not written:
        return data
    # A file's first tag is of group 8.
    first = data[start : start + 2]
    is_plain = first == _LITTLE and data[start + 4 : start + 6].isalpha()
    if written == uid.DeflatedExplicitVRLittleEndian and not is_plain:
        _check_inflated(data[start:], limits)
        return data
    if written == uid.ExplicitVRBigEndian:
        return data[start:] if first == _LITTLE else data
    is_wrong = first == _BIG or written == uid.DeflatedExplicitVRLittleEndian
    return data[start:] if is_wrong else data


def _header(data: bytes) -> tuple[str, int]:
    """The transfer syntax, empty where none is written, and where the tags begin after it."""
    stream = io.BytesIO(data)
    stream.seek(_PREFIX_AT + len(_PREFIX) if data.startswith(_PREFIX, _PREFIX_AT) else 0)
    meta = {
        int(element.tag): element.value
        for element in data_element_generator(
            stream, False, True, stop_when=lambda tag, vr, length: tag.group != _META_GROUP
        )
    }
    written = bytes(meta.get(_SYNTAX) or b"").rstrip(b"\0 ").decode("ascii", "replace")
    return written, stream.tell()


def _check_inflated(packed: bytes, limits: Limits) -> None:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    length = 0
    while packed and not inflater.eof:
        length += len(inflater.decompress(packed, _INFLATED_AT_ONCE))
        limits.check_unpacked(length)
        packed = inflater.unconsumed_tail
