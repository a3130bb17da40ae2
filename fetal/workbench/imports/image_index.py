"""Finds the picture that a line of a table means."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from fetal.scans.deidentification.file_names import name_key
from fetal.workbench.ingest.file_sources import SUFFIXES, SourceFile, open_source
from fetal.workbench.ingest.files import UploadedFile

_PACKED_AS = "cp437"
_WRITTEN_AS = ("cp1252", "cp850", "gbk", "shift_jis", "big5", "euc_kr", "cp1251", "cp866")
"""Code pages of programs that pack names as they are, and do not say in which they are."""


class AmbiguousImageError(LookupError):
    """A name that fits several pictures."""


class PictureIndex:
    """The pictures of a folder or an archive, or those at hand, by their name.

    Args:
        pictures: a folder, with its subfolders, an archive, files, or what a source lists; none
            is no pictures.
    """

    def __init__(
        self, pictures: Path | Sequence[UploadedFile] | Sequence[SourceFile] | None
    ) -> None:
        self._by_label: dict[str, list[SourceFile]] = defaultdict(list)
        self._by_name: dict[str, list[SourceFile]] = defaultdict(list)
        for piece in _pieces(pictures):
            for key in _keys(piece.label):
                self._by_label[key].append(piece)
            for key in _keys(piece.name):
                self._by_name[key].append(piece)

    def find(self, image: str) -> SourceFile | None:
        """Find a picture.

        Args:
            image: its name as a table writes it, with or without folders and ending. Letter case
                does not count, nor whether an accent is a character of its own.

        Returns:
            The picture, or None.

        Raises:
            AmbiguousImageError: several pictures have this name.
        """
        name = image.replace("\\", "/")
        while name.startswith("./"):
            name = name[2:]
        for written in (name, *_as_packed(name)):
            found = self._found(written)
            if len(found) > 1:
                raise AmbiguousImageError(
                    f"“{image}” fits {len(found)} files. Write the folder before the name, and the "
                    "ending behind it."
                )
            if found:
                return found[0]
        return None

    def _found(self, name: str) -> list[SourceFile]:
        last = name.rpartition("/")[2]
        whole = ((self._by_label, key) for key in _keys(name))
        ends = ((self._by_name, key) for key in _keys(last))
        found = next((fits for pieces, key in (*whole, *ends) if (fits := pieces.get(key))), [])
        if len(found) > 1:
            # A table may name the last folders only.
            return [piece for piece in found if _lies_in(piece.label, name)] or found
        return found


def _pieces(
    pictures: Path | Sequence[UploadedFile] | Sequence[SourceFile] | None,
) -> Sequence[SourceFile]:
    if pictures is None:
        return []
    if isinstance(pictures, Path):
        return open_source(pictures).pieces
    pieces = [one for one in pictures if isinstance(one, SourceFile)]
    return pieces or open_source([one for one in pictures if isinstance(one, UploadedFile)]).pieces


def stem_key(name: str) -> str:
    """Return what names of one picture share whose endings differ.

    Args:
        name: with or without folders and ending.

    Returns:
        A text to compare, and not to show.
    """
    key = name_key(name.replace("\\", "/"))
    stem, dot, ending = key.rpartition(".")
    return stem if stem and f"{dot}{ending}" in SUFFIXES else key


def _keys(name: str) -> Iterator[str]:
    """The name as it is; without regard to how it is written; and also without its ending."""
    yield f"exact:{name}"
    yield f"name:{name_key(name)}"
    yield f"stem:{stem_key(name)}"


def _lies_in(label: str, name: str) -> bool:
    """Whether the folders of a name are the last ones of a label."""
    folders = [name_key(part) for part in PurePosixPath(name).parts[:-1]]
    held = [name_key(part) for part in PurePosixPath(label).parts[:-1]]
    return bool(folders) and held[-len(folders) :] == folders


def _as_packed(name: str) -> Iterator[str]:
    """What a name looks like that an archive holds in a code page of which it does not tell."""
    if name.isascii():
        return
    for encoding in _WRITTEN_AS:
        try:
            yield name.encode(encoding).decode(_PACKED_AS)
        except UnicodeError:
            continue
