"""Reads labels off folders: `brain/…`, `train/brain/…`, `brain/test/…`, and folders around them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from fetal.planes import UnknownPlaneError
from fetal.workbench.ingest.file_sources import SourceFile
from fetal.workbench.label_tables.cells import is_split_word, kept_to_test
from fetal.workbench.label_tables.written_labels import is_label, read_label

_NO_FOLDERS = (
    "Expected a folder for each plane, such as “brain” and “abdomen”, with images in them; found "
    "none."
)
_LOOSE = "It lies in no folder that is named by a plane."


@dataclass(frozen=True)
class Foldered:
    """A file with what its folders say of it.

    Attributes:
        piece: the file.
        label: a plane's value, or `unusable`.
        test: whether it lies in a folder for testing.
    """

    piece: SourceFile
    label: str
    test: bool


@dataclass
class Layout:
    """What folders say of files.

    Attributes:
        images: the files that lie in a plane's folder.
        refused: name and sentence of the folders and files that do not.
    """

    images: list[Foldered] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def read_layout(pieces: Sequence[SourceFile]) -> Layout:
    """Read the plane, and whether it is kept to test, off the folders of each file.

    A folder named by a plane gives the plane, wherever it lies; one named train, val, test or the
    like gives the split.

    Args:
        pieces: the files.

    Returns:
        The files with their labels, and what is left out.
    """
    layout = Layout()
    folders = [PurePosixPath(piece.label).parts[:-1] for piece in pieces]
    around = _around(folders)
    if not any(len(parts) > around for parts in folders):
        return Layout(refused=[("", _NO_FOLDERS)])
    left_out: dict[str, str] = {}
    for piece, parts in zip(pieces, folders, strict=True):
        labels = list(dict.fromkeys(read_label(part) for part in parts if is_label(part)))
        splits = {kept_to_test(part) for part in parts if is_split_word(part)}
        if not labels:
            name, sentence = _without_plane(piece.label, parts[around:])
            left_out.setdefault(name, sentence)
        elif len(labels) > 1:
            sentence = f"It lies in folders of different planes ({', '.join(labels)})."
            layout.refused.append((piece.label, sentence))
        elif len(splits) > 1:
            sentence = "It lies in a folder for training and in one for testing."
            layout.refused.append((piece.label, sentence))
        else:
            layout.images.append(Foldered(piece, labels[0], splits == {True}))
    layout.refused += left_out.items()
    return layout


def _without_plane(label: str, folders: Sequence[str]) -> tuple[str, str]:
    """The folder that is to blame, once for all that lies in it; else the file."""
    at = next((at for at, part in enumerate(folders) if not is_split_word(part)), None)
    if at is None:
        return label, _LOOSE
    folder = "/".join(folders[: at + 1])
    try:
        read_label(folders[at])
    except UnknownPlaneError as error:
        return folder, f"The folder “{folder}” was left out: {error}"
    raise AssertionError("unreachable")


def _around(folders: Sequence[Sequence[str]]) -> int:
    """How many folders lie around all files before the first that tells something."""
    depth = 0
    while folders and all(len(parts) > depth + 1 for parts in folders):
        names = {parts[depth] for parts in folders}
        if len(names) > 1 or any(is_label(name) or is_split_word(name) for name in names):
            break
        depth += 1
    return depth
