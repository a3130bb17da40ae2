"""Joins stored scans to the names of a person's own files, which the workspace does not keep."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from fetal.scans import Pseudonyms
from fetal.scans.deidentification.file_names import frame_name

_FRAMES = 2000
"""How many frames of a film are looked for under its name."""
_BETWEEN = "; "


def names_in(folder: Path) -> list[str]:
    """List the files of a folder and the folders in it.

    Args:
        folder: the folder.

    Returns:
        Their paths below it, in order.
    """
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def own_names(
    pseudonyms: Pseudonyms,
    names: Iterable[str],
    stored: Callable[[Sequence[str]], Collection[str]],
) -> Mapping[str, str]:
    """Find which of a person's files each stored scan came from.

    Only keyed hashes of the names are compared, as they were made when the scans came in.

    Args:
        pseudonyms: the workspace's key.
        names: the person's file names, with or without folders.
        stored: returns which of some keyed hashes (`fetal.store.tables.ScanRow.file_key`) belong
            to stored scans; asked once for each name, and again for the frames of a film.

    Returns:
        The name by keyed hash; where several files share a name, all of them, and for a frame of a
        film the film's name with the frame's number.

    Example:
        >>> key = Pseudonyms(bytes(32)).file("a.png")
        >>> own_names(Pseudonyms(bytes(32)), ["scans/a.png"], {key}.intersection)[key]
        'scans/a.png'
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        for key, called in _possible(pseudonyms, name, stored):
            found[key].append(called)
    return {key: _BETWEEN.join(called) for key, called in found.items()}


def _possible(
    pseudonyms: Pseudonyms, name: str, stored: Callable[[Sequence[str]], Collection[str]]
) -> Iterator[tuple[str, str]]:
    key = pseudonyms.file(name)
    if stored([key]):
        yield key, name
        return
    frames = {
        pseudonyms.file(frame_name(name, index)): f"{name}, frame {index + 1}"
        for index in range(_FRAMES)
    }
    there = stored(list(frames))
    yield from ((key, words) for key, words in frames.items() if key in there)
