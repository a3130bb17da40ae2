"""Finds the picture that a line of a table means."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from fetal.workbench.taking import Incoming

SUFFIXES = frozenset(
    {"", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif", ".dcm", ".dicom"}
)
"""Endings of files that may hold a scan; whether one does is told from its content."""


class AmbiguousImageError(LookupError):
    """A name that fits several pictures."""


class PictureIndex:
    """The pictures of a folder, or those at hand, by their name.

    Args:
        pictures: a folder, with its subfolders, or files; none is no pictures.
    """

    def __init__(self, pictures: Path | Sequence[Incoming] | None) -> None:
        self._by_path: dict[str, Path | Incoming] = {}
        self._by_stem: dict[str, list[Path | Incoming]] = defaultdict(list)
        for name, picture in _named(pictures):
            self._by_path[_key(name)] = picture
            self._by_stem[_key(PurePosixPath(name).name)].append(picture)

    def find(self, image: str) -> Path | Incoming | None:
        """Find a picture.

        Args:
            image: its name as a table writes it, with or without folders and ending.

        Returns:
            Where it is, or none.

        Raises:
            AmbiguousImageError: several pictures in different folders have this name.
        """
        name = image.replace("\\", "/")
        exact = self._by_path.get(_key(name))
        if exact is not None:
            return exact
        found = self._by_stem.get(_key(PurePosixPath(name).name), [])
        if len(found) > 1:
            raise AmbiguousImageError(
                f"“{image}” fits {len(found)} files in different folders. Write the folder before "
                f"the name."
            )
        return found[0] if found else None


def scan_files(folder: Path) -> list[Path]:
    """List the files of a folder and its subfolders that may hold a scan, in order of name.

    Args:
        folder: the folder.

    Returns:
        Their paths; hidden ones and those of other kinds are left out.
    """
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def load(picture: Path | Incoming) -> Incoming:
    """Read a picture that was found."""
    if isinstance(picture, Incoming):
        return picture
    return Incoming(picture.name, picture.read_bytes())


def _named(pictures: Path | Sequence[Incoming] | None) -> Iterator[tuple[str, Path | Incoming]]:
    if isinstance(pictures, Path):
        for path in scan_files(pictures):
            yield path.relative_to(pictures).as_posix(), path
    else:
        for incoming in pictures or ():
            yield incoming.file, incoming


def _key(name: str) -> str:
    path = PurePosixPath(name)
    known = path.suffix.lower() in SUFFIXES
    return str(path.with_suffix("") if known and path.suffix else path).casefold()
