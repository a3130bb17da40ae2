"""Who may read what is kept: the account that runs the program, and nobody else."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_OTHERS = 0o077
"""The rights of the group and of everybody."""


def keep_to_owner() -> None:
    """Let this process, and those that it starts, make files and folders for their owner alone."""
    os.umask(_OTHERS)


def make_private(folder: Path, last: Path) -> None:
    """Make a folder for its owner alone, or take it and what it holds from others.

    Files are looked through once: where neither the folder nor `last` is open to others, it has
    been done. What belongs to another account stays as it is.

    Args:
        folder: the folder.
        last: the file in it that is changed last.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (_is_open(folder) or _is_open(last)):
        return
    # At once nobody gets in; what lies inside may be copied elsewhere with its rights.
    _close(folder)
    for path in _all_in(folder):
        if path != last:
            _close(path)
    _close(last)


def copy_contents(folder: Path, target: Path) -> None:
    """Copy a folder's files without their rights, which may be wider than those of new files.

    Args:
        folder: what is copied.
        target: the new folder; must not exist.
    """
    target.mkdir(parents=True)
    for path in _all_in(folder):
        place = target / path.relative_to(folder)
        if path.is_dir():
            place.mkdir()
        else:
            shutil.copyfile(path, place)


def _all_in(folder: Path) -> Iterator[Path]:
    for inside, folders, files in os.walk(folder):
        yield from (Path(inside, name) for name in (*folders, *files))


def _is_open(path: Path) -> bool:
    try:
        return bool(path.lstat().st_mode & _OTHERS)
    except OSError:
        return False


def _close(path: Path) -> None:
    # A link's own rights mean nothing, and what it leads to lies elsewhere.
    with suppress(OSError):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & _OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
