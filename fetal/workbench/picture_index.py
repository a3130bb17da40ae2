"""Finds the picture that a line of a table means."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from fetal.workbench.sources import SUFFIXES, Piece, open_source
from fetal.workbench.taking import Incoming


class AmbiguousImageError(LookupError):
    """A name that fits several pictures."""


class PictureIndex:
    """The pictures of a folder or an archive, or those at hand, by their name.

    Args:
        pictures: a folder, with its subfolders, an archive, files, or what a source lists; none
            is no pictures.
    """

    def __init__(self, pictures: Path | Sequence[Incoming] | Sequence[Piece] | None) -> None:
        self._by_path: dict[str, Piece] = {}
        self._by_stem: dict[str, list[Piece]] = defaultdict(list)
        for piece in _pieces(pictures):
            self._by_path[_key(piece.label)] = piece
            self._by_stem[_key(piece.name)].append(piece)

    def find(self, image: str) -> Piece | None:
        """Find a picture.

        Args:
            image: its name as a table writes it, with or without folders and ending.

        Returns:
            The picture, or none.

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


def _pieces(pictures: Path | Sequence[Incoming] | Sequence[Piece] | None) -> Sequence[Piece]:
    if pictures is None:
        return []
    if isinstance(pictures, Path):
        return open_source(pictures).pieces
    pieces = [one for one in pictures if isinstance(one, Piece)]
    return pieces or open_source([one for one in pictures if isinstance(one, Incoming)]).pieces


def _key(name: str) -> str:
    path = PurePosixPath(name)
    known = path.suffix.lower() in SUFFIXES
    return str(path.with_suffix("") if known and path.suffix else path).casefold()
