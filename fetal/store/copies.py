"""Local copies of folders that lie in a remote store, and the drafts of their like."""

import json
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

_DRAFT = ".incoming-"
_LENGTHS = ".lengths"
"""Ends the name of the file beside a copy that lists the length of each of its files."""

Files = Callable[[], Iterable[tuple[str, bytes]]]
"""Fetches a folder: the path of each file below it, and its content."""


class FolderCopies:
    """Copies of remote folders in a local one; a copy that was cut short is fetched again.

    Args:
        place: the local folder. If None, it is a temporary one that goes with the object.
    """

    def __init__(self, place: Path | None) -> None:
        self._place = place
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def folder(self, prefix: str, fetch: Files) -> Path:
        """Return the copy of a folder, fetched if there is none that is whole.

        Args:
            prefix: the folder's key in the remote store.
            fetch: fetches its files.

        Returns:
            The copy; it is not there if the remote store has no file under the key.
        """
        copy = self._root() / prefix
        if not _is_whole(copy):
            self.drop(prefix)
            self._fetch(copy, fetch)
        return copy

    def drop(self, prefix: str) -> bool:
        """Remove a copy.

        Args:
            prefix: the folder's key in the remote store.

        Returns:
            Whether there was one.
        """
        copy, away = self._root() / prefix, self._draft()
        _lengths(copy).unlink(missing_ok=True)
        try:
            # In one step: nobody must find half a folder.
            copy.rename(away)
        except FileNotFoundError:
            return False
        shutil.rmtree(away, ignore_errors=True)
        return True

    def sweep(self, seconds: float) -> None:
        """Delete drafts that are older than this many seconds."""
        if self._place is not None:
            sweep(self._place, f"{_DRAFT}*", seconds)

    def _root(self) -> Path:
        if self._place is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="fetal-")
            self._place = Path(self._temporary.name)
        return self._place

    def _draft(self) -> Path:
        return self._root() / f"{_DRAFT}{uuid.uuid4().hex}"

    def _fetch(self, copy: Path, fetch: Files) -> None:
        draft = self._draft()
        lengths = {}
        try:
            for name, data in fetch():
                path = draft / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                lengths[name] = len(data)
            if not lengths:
                return
            copy.parent.mkdir(parents=True, exist_ok=True)
            # Another process may have made the same copy first; theirs is as good.
            try:
                draft.rename(copy)
            except OSError:
                if not copy.is_dir():
                    raise
            _lengths(copy).write_text(json.dumps(lengths))
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def sweep(folder: Path, pattern: str, seconds: float) -> None:
    """Delete what lies in a folder and was last changed longer ago than this.

    Args:
        folder: the folder; it need not exist.
        pattern: which names.
        seconds: how old it must be, in seconds.
    """
    for path in folder.glob(pattern):
        try:
            old = time.time() - path.stat().st_mtime > seconds
        except FileNotFoundError:
            # Its writer has just moved it to its place.
            continue
        if old and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif old:
            path.unlink(missing_ok=True)


def _is_whole(copy: Path) -> bool:
    if not copy.is_dir():
        return False
    try:
        lengths = json.loads(_lengths(copy).read_text())
    except FileNotFoundError:
        # Its maker has yet to write them, or is an older program.
        return True
    except ValueError:
        return False
    try:
        return all((copy / name).stat().st_size == lengths[name] for name in lengths)
    except FileNotFoundError:
        return False


def _lengths(copy: Path) -> Path:
    return copy.with_name(copy.name + _LENGTHS)
