"""Lists the files of an import: a folder, an archive, or files at hand; none is read yet."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from fetal.scans import ScanError
from fetal.scans.archives.archive_limits import ArchiveError
from fetal.scans.archives.zip_archive import Entry, entries, is_archive
from fetal.scans.deidentification.file_names import name_key, readable_name
from fetal.scans.limits import read_within
from fetal.scans.raster import DICOMDIR
from fetal.scans.sandboxed_reading import client
from fetal.workbench.ingest.files import UploadedFile

SUFFIXES = frozenset(
    {"", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif", ".dcm", ".dicom"}
)
"""Endings of files that may hold a scan; whether one does is told from its content."""
_TABLES = frozenset({".csv", ".tsv"})
_SPREADSHEETS = frozenset({".xlsx", ".xls", ".ods", ".numbers"})


class NoFolderError(FileNotFoundError):
    """There is no such folder or archive."""


@dataclass(frozen=True)
class SourceFile:
    """A file of an import, read when its turn comes.

    Attributes:
        label: its name below the folder or in the archive, with `/` between folders; one that is
            not UTF-8 is made so (`readable_name`).
        read: gives its content; raises `OSError` or `ScanError`.
        path: where it lies; none for what is in an archive or at hand.
    """

    label: str
    read: Callable[[], bytes]
    path: Path | None = None

    @property
    def name(self) -> str:
        """The last part of its label."""
        return PurePosixPath(self.label).name


@dataclass
class Source:
    """What an import draws from.

    Attributes:
        pieces: files that may hold a scan, in order.
        tables: files that may be tables of labels.
        refused: name and sentence of what cannot be read.
        missing: names of files that a DICOMDIR lists and nobody has.
        spreadsheets: names of files that may be tables, and are not read.
    """

    pieces: list[SourceFile] = field(default_factory=list)
    tables: list[SourceFile] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    spreadsheets: list[str] = field(default_factory=list)


def open_source(place: Path | Sequence[UploadedFile]) -> Source:
    """List what a folder, an archive or files at hand hold.

    Archives are looked into, those in an archive too (`ArchiveLimits`). Where a DICOMDIR lies,
    the files that it names count as scans whatever their ending, if they lie below its folder.

    Args:
        place: a folder, a ZIP archive, a DICOMDIR (its folder is meant), or files.

    Returns:
        The files; hidden ones and those of other kinds are left out.

    Raises:
        NoFolderError: there is no such folder or archive.
    """
    source = Source()
    every = list(_files(place, source))
    indexed = _indexed(every, source)
    for piece in every:
        suffix = PurePosixPath(piece.label).suffix.lower()
        if suffix in _TABLES:
            source.tables.append(piece)
        elif suffix in _SPREADSHEETS:
            source.spreadsheets.append(piece.label)
        elif piece.name.upper() == DICOMDIR:
            continue
        elif suffix in SUFFIXES or piece.label in indexed:
            source.pieces.append(piece)
    return source


def _files(place: Path | Sequence[UploadedFile], source: Source) -> Iterator[SourceFile]:
    if not isinstance(place, Path):
        for incoming in place:
            yield from _one(incoming.name, incoming.data, source)
        return
    if place.is_file():
        if place.name.upper() == DICOMDIR:
            place = place.parent
        else:
            yield from _one(readable_name(place.name), place, source, alone=True)
            return
    if not place.is_dir():
        shown = readable_name(place)
        raise NoFolderError(f"There is no folder or archive “{shown}” on this computer.")
    for path in sorted(path for path in place.rglob("*") if path.is_file()):
        label = readable_name(path.relative_to(place).as_posix())
        if not _hidden(label):
            yield from _one(label, path, source)


def _one(
    label: str, content: Path | bytes, source: Source, *, alone: bool = False
) -> Iterator[SourceFile]:
    """The file itself, or what is in it."""
    if not _is_archive(label, content):
        if isinstance(content, Path):
            yield SourceFile(label, partial(read_within, content), content)
        else:
            yield SourceFile(label, partial(bytes, content))
        return
    try:
        for entry in entries(content):
            # An archive that is all of the import gives its folders, and not its own name.
            inside = entry.label if alone else f"{label}/{entry.label}"
            if not _hidden(entry.label):
                yield from _unless_refused(inside, entry, source)
    except ArchiveError as error:
        source.refused.append((label, str(error)))
    except OSError as error:
        source.refused.append((label, f"The file cannot be read ({error.strerror})."))


def _unless_refused(label: str, entry: Entry, source: Source) -> Iterable[SourceFile]:
    if entry.error is None:
        return [SourceFile(label, entry.read)]
    source.refused.append((label, str(entry.error)))
    return []


def _is_archive(label: str, content: Path | bytes) -> bool:
    if PurePosixPath(label).suffix.lower() in _SPREADSHEETS:
        # Some are archives too, of files that nobody asked for.
        return False
    if isinstance(content, bytes):
        return is_archive(content)
    return label.lower().endswith(".zip")


def _hidden(label: str) -> bool:
    parts = PurePosixPath(label).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _indexed(every: Sequence[SourceFile], source: Source) -> set[str]:
    """Labels of the files that DICOMDIRs name; those that nobody has are missing."""
    found: set[str] = set()
    by_label = {name_key(piece.label): piece.label for piece in every}
    for piece in every:
        if piece.name.upper() != DICOMDIR:
            continue
        folder = piece.label[: -len(DICOMDIR)]
        try:
            named = client.referenced_files(piece.read())
        except (ScanError, OSError) as error:
            source.refused.append((piece.label, str(error)))
            continue
        for place in named:
            label = by_label.get(name_key(f"{folder}{place}"))
            if label is None:
                source.missing.append(place)
            else:
                found.add(label)
    return found
