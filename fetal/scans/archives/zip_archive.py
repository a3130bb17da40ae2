"""Reads ZIP archives file by file: nothing is unpacked to a disk, and a name is only a label."""

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from fetal.scans.archives.archive_limits import (
    ArchiveError,
    ArchiveLimits,
    ArchiveTooLargeError,
    DamagedArchiveError,
    EncryptedArchiveError,
    NestedTooDeepError,
    PackedOtherwiseError,
    TooDenseError,
    TooManyEntriesError,
)
from fetal.scans.limits import Limits

_MEGA = 1_000_000
_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED = 0x1
_UTF8 = 0x800
_SMALL = 1_000_000
"""Files of fewer bytes than this may be of any ratio: they cannot fill a memory."""
_ENTRY_BYTES = 1_000
"""Room for one file in an archive's directory; far more than one with a long name takes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive.

    Attributes:
        label: the archive's own name for it, after the name of the inner archive where it lies in
            one, with `/` between folders. It never leads to a file.
        error: why it is not read; none where it can be.
        read: unpacks it into memory; raises `ArchiveError` where it is damaged, locked or too
            large.
    """

    label: str
    error: ArchiveError | None
    read: Callable[[], bytes]


def is_archive(start: bytes) -> bool:
    """Tell a ZIP archive from the first bytes of a file."""
    return start[:4] in _STARTS


def entries(
    archive: Path | bytes,
    limits: ArchiveLimits | None = None,
    largest: Limits | None = None,
) -> Iterator[Entry]:
    """List the files of a ZIP archive, and those of the archives in it.

    Args:
        archive: the archive's file, or its content.
        limits: the bounds; if None, what the environment sets.
        largest: the bounds of one file; if None, what the environment sets.

    Yields:
        Its files in its own order, without folders; what cannot be read has an `error`.

    Raises:
        ArchiveError: it is none, or beyond the limits as a whole.

    Example:
        >>> packed = io.BytesIO()
        >>> with zipfile.ZipFile(packed, "w") as file:
        ...     file.writestr("../brain/a.png", b"pixels")
        >>> [entry.label for entry in entries(packed.getvalue())]
        ['brain/a.png']
    """
    limits = limits or ArchiveLimits.from_environment()
    largest = largest or Limits.from_environment()
    source: BinaryIO = io.BytesIO(archive) if isinstance(archive, bytes) else archive.open("rb")
    opened = _Opened(source, limits, largest.megabytes)
    yield from _listed(lambda: opened, "", 0)


class _Opened:
    """An open archive whose directory is within the limits."""

    def __init__(self, source: BinaryIO, limits: ArchiveLimits, megabytes: int) -> None:
        self.limits = limits
        self.megabytes = megabytes
        self._inner: tuple[str, _Opened] | None = None
        try:
            # The directory is read whole when an archive is opened: its length comes first.
            if _directory_bytes(source) > limits.entries * _ENTRY_BYTES:
                raise TooManyEntriesError(limits.entries)
            self._zip = zipfile.ZipFile(source)
        except ArchiveError:
            raise
        # A damaged archive may fail anywhere in the parser.
        except Exception as error:
            raise DamagedArchiveError from error
        # Not `is_dir`, which trips over a file without a name.
        self.infos = [info for info in self._zip.infolist() if not info.filename.endswith("/")]
        if len(self.infos) > limits.entries:
            raise TooManyEntriesError(limits.entries)
        whole = sum(info.file_size for info in self.infos) / _MEGA
        if whole > limits.megabytes:
            raise ArchiveTooLargeError(whole, limits.megabytes)

    def fault(self, info: zipfile.ZipInfo, megabytes: int) -> ArchiveError | None:
        """What the directory alone tells against a file."""
        if info.flag_bits & _ENCRYPTED:
            return EncryptedArchiveError()
        if info.file_size > megabytes * _MEGA:
            return ArchiveTooLargeError(info.file_size / _MEGA, megabytes, "a file")
        ratio = info.file_size / max(1, info.compress_size)
        if info.file_size > _SMALL and ratio > self.limits.ratio:
            return TooDenseError(ratio, self.limits.ratio)
        return None

    def read(self, info: zipfile.ZipInfo, megabytes: int | None = None) -> bytes:
        """Unpack a file; never more than its directory declares."""
        fault = self.fault(info, megabytes or self.megabytes)
        if fault is not None:
            raise fault
        try:
            with self._zip.open(info) as file:
                return file.read(info.file_size + 1)
        except NotImplementedError as error:
            raise PackedOtherwiseError from error
        except RuntimeError as error:
            raise EncryptedArchiveError from error
        # A damaged stream may fail as each kind of packing likes to.
        except Exception as error:
            raise DamagedArchiveError from error

    def inner(self, info: zipfile.ZipInfo) -> "_Opened":
        """Open an archive in this one; only the one used last stays in memory."""
        if self._inner is None or self._inner[0] != info.filename:
            self._inner = None
            content = io.BytesIO(self.read(info, self.limits.inner_megabytes))
            self._inner = info.filename, _Opened(content, self.limits, self.megabytes)
        return self._inner[1]


def _listed(opened: Callable[[], _Opened], prefix: str, depth: int) -> Iterator[Entry]:
    archive = opened()
    for index, info in enumerate(archive.infos):
        label = prefix + _label(_written_name(info))
        if not label.lower().endswith(".zip"):
            fault = archive.fault(info, archive.megabytes)
            yield Entry(label, fault, partial(_read, opened, index))
        elif depth >= archive.limits.nesting:
            yield _unread(label, NestedTooDeepError(archive.limits.nesting))
        else:
            inside = partial(_inside, opened, index)
            try:
                yield from _listed(inside, f"{label}/", depth + 1)
            except ArchiveError as error:
                yield _unread(label, error)


def _read(opened: Callable[[], _Opened], index: int) -> bytes:
    archive = opened()
    return archive.read(archive.infos[index])


def _inside(opened: Callable[[], _Opened], index: int) -> _Opened:
    archive = opened()
    return archive.inner(archive.infos[index])


def _unread(label: str, error: ArchiveError) -> Entry:
    def read() -> bytes:
        raise error

    return Entry(label, error, read)


def _written_name(info: zipfile.ZipInfo) -> str:
    """The name that was packed: many programs write UTF-8 and do not say so.

    `zipfile` reads what is not marked as UTF-8 as the code page 437 of DOS. A text in another
    encoding is hardly ever UTF-8 by chance.
    """
    if info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _label(name: str) -> str:
    """A name without what would lead anywhere: drives, roots and steps upwards."""
    parts = name.replace("\\", "/").split("/")
    kept = [part for part in parts if part not in ("", ".", "..") and not part.endswith(":")]
    return "/".join(kept) or "file"


def _directory_bytes(source: BinaryIO) -> int:
    """How long an archive's directory is, by the records at its end (APPNOTE 4.3.14 to 4.3.16)."""
    source.seek(0, io.SEEK_END)
    end = source.tell()
    source.seek(max(0, end - 65_557 - 20))
    tail = source.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise DamagedArchiveError
    (size,) = struct.unpack_from("<L", tail, at + 12)
    locator = tail[at - 20 : at] if at >= 20 else b""
    if locator[:4] == b"PK\x06\x07":
        source.seek(struct.unpack_from("<Q", locator, 8)[0])
        record = source.read(56)
        if record[:4] == b"PK\x06\x06" and len(record) == 56:
            (size,) = struct.unpack_from("<Q", record, 40)
    source.seek(0)
    return int(size)
