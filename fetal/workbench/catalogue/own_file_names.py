"""Joins stored scans to the names of a person's own files, which the workspace does not keep."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
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
    pseudonyms: Pseudonyms, names: Iterable[str], keys: Iterable[str]
) -> Mapping[str, str]:
    """Find which of a person's files each stored scan came from.

    Only keyed hashes of the names are compared, as they were made when the scans came in.

    Args:
        pseudonyms: the workspace's key.
        names: the person's file names, with or without folders.
        keys: the scans' keyed hashes (`fetal.store.tables.Scan.file_key`).

    Returns:
        The name by keyed hash; where several files share a name, all of them, and for a frame of a
        film the film's name with the frame's number.

    Example:
        >>> key = Pseudonyms(bytes(32)).file("a.png")
        >>> own_names(Pseudonyms(bytes(32)), ["scans/a.png"], [key])[key]
        'scans/a.png'
    """
    wanted = set(keys)
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        for key, called in _possible(pseudonyms, name, wanted):
            found[key].append(called)
    return {key: _BETWEEN.join(called) for key, called in found.items()}


def _possible(pseudonyms: Pseudonyms, name: str, wanted: set[str]) -> Iterator[tuple[str, str]]:
    if (key := pseudonyms.file(name)) in wanted:
        yield key, name
        return
    for index in range(_FRAMES):
        if (key := pseudonyms.file(frame_name(name, index))) in wanted:
            yield key, f"{name}, frame {index + 1}"
