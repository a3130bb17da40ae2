"""The files of the workspace: scans, models, snapshots, under keys, in a folder or a bucket."""

import errno
import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from fetal.store.copies import FolderCopies, sweep
from fetal.store.rights import copy_contents

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+ -]*")
_INCOMING = ".incoming"
"""Where local files are written before they are moved to their place."""
_ATTEMPTS = 20
"""How often a folder is put in another one's place while other processes do the same."""
DRAFT_SECONDS = 24 * 3600
"""A draft that is older was left behind by a program that was killed: no write takes as long."""


class BlobKeyError(ValueError):
    """A key that is no plain path below the store."""


class BlobError(Exception):
    """What should be stored under a key cannot be had."""


class BlobMissingError(BlobError, FileNotFoundError):
    """Nothing is stored under the key."""


class BlobDamagedError(BlobError):
    """What is stored under the key is not what was written."""


class Blobs:
    """A store of bytes under keys such as `scans/ab/abcd.png`.

    A folder is used directly; an address with a scheme goes through fsspec, whose packages for
    the scheme (`s3fs` for `s3://`) must be installed. A key holds either its whole content or
    nothing, whenever the program is killed.

    Args:
        url: a folder, `file:///folder`, or an fsspec address such as `s3://bucket/prefix`.
        cache: the folder in which `local_folder` keeps copies from a remote store. If None, it is
            a temporary folder that goes with the object.

    Example:
        >>> blobs = Blobs("/data/blobs")
        >>> blobs.put("notes/a.txt", b"hello")
        >>> blobs.get("notes/a.txt")
        b'hello'
    """

    def __init__(self, url: str, *, cache: Path | None = None) -> None:
        self.url = url
        self._copies = FolderCopies(cache)
        self._folder: Path | None = None
        self._remote: Any = None
        self._root = ""
        if "://" not in url or url.startswith("file://"):
            self._folder = Path(url.removeprefix("file://")).expanduser().absolute()
        else:
            # A folder needs no fsspec, and starts a tenth of a second sooner without it.
            import fsspec

            self._remote, self._root = fsspec.core.url_to_fs(url)

    def put(self, key: str, data: bytes) -> None:
        """Store bytes under a key, in place of what was there.

        Args:
            key: parts of letters, digits and `_.+ -`, joined by `/`.
            data: the content.

        Raises:
            BlobKeyError: the key is not of that form.
        """
        _check(key)
        if self._folder is None:
            path = self._address(key)
            self._remote.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            self._remote.pipe_file(path, data)
            return
        temporary = self._incoming()
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _move(temporary, self._folder / key)
        finally:
            temporary.unlink(missing_ok=True)

    def get(self, key: str, digest: str | None = None) -> bytes:
        """Read the bytes under a key.

        Args:
            key: the key.
            digest: SHA-256 that the content must have, in hexadecimal. If None, it is not checked.

        Returns:
            The content.

        Raises:
            BlobMissingError: nothing is stored under the key.
            BlobDamagedError: the content has another digest.
        """
        data = self._read(key)
        if digest is not None and hashlib.sha256(data).hexdigest() != digest:
            raise damaged(key)
        return data

    def _read(self, key: str) -> bytes:
        _check(key)
        try:
            if self._folder is not None:
                return (self._folder / key).read_bytes()
            return bytes(self._remote.cat_file(self._address(key)))
        except FileNotFoundError as error:
            raise BlobMissingError(
                f"The file “{key}” is not in the workspace's files ({self.url}). Was it deleted, "
                f"or does FETAL_BLOBS point somewhere else than before?"
            ) from error

    def exists(self, key: str) -> bool:
        """Return whether something is stored under a key."""
        _check(key)
        if self._folder is not None:
            return (self._folder / key).is_file()
        return bool(self._remote.isfile(self._address(key)))

    def delete(self, *keys: str) -> None:
        """Remove keys, together where the store is remote; one that is not there is no error."""
        if self._folder is not None:
            for key in keys:
                _check(key)
                (self._folder / key).unlink(missing_ok=True)
        elif keys:
            self._delete_remote(keys)

    def _delete_remote(self, keys: Sequence[str]) -> None:
        try:
            self._remote.rm([self._address(key) for key in keys])
        except FileNotFoundError:
            for key in filter(self.exists, keys):
                self._remote.rm_file(self._address(key))

    def put_folder(self, prefix: str, folder: Path) -> None:
        """Store a folder's files under a prefix, in place of what was there.

        Args:
            prefix: the key of the folder.
            folder: a local folder.
        """
        _check(prefix)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        if self._folder is None:
            new = {f"{prefix}/{path.relative_to(folder).as_posix()}": path for path in files}
            for key, path in new.items():
                self.put(key, path.read_bytes())
            for key in set(self.keys(prefix)) - set(new):
                self.delete(key)
            return
        temporary = self._incoming()
        try:
            copy_contents(folder, temporary)
            self._replace_folder(temporary, self._folder / prefix)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _replace_folder(self, source: Path, target: Path) -> None:
        for _ in range(_ATTEMPTS):
            try:
                _move(source, target)
                return
            except OSError as error:
                # Another writer may have moved it away since: that it is gone now says nothing.
                was_there = error.errno in (errno.ENOTEMPTY, errno.EEXIST)
                if not was_there and not target.is_dir():
                    raise
            # A folder cannot take another one's place: the one that is there goes first, unless
            # another process has just moved it away for the same reason.
            old = self._incoming()
            with suppress(FileNotFoundError):
                target.rename(old)
            shutil.rmtree(old, ignore_errors=True)
        _move(source, target)

    def local_folder(self, prefix: str) -> Path:
        """Give a folder of the store as a local folder.

        Args:
            prefix: the key of the folder.

        Returns:
            The folder itself where the store is local, else a copy. Only read it. A copy whose
            files do not have the lengths that were fetched is fetched again.

        Raises:
            BlobMissingError: nothing is stored under the prefix.
        """
        _check(prefix)
        if self._folder is not None:
            place = self._folder / prefix
        else:
            place = self._copies.folder(prefix, lambda: self._files(prefix))
        if not place.is_dir():
            raise BlobMissingError(
                f"The folder “{prefix}” is not in the workspace's files ({self.url}). Was it "
                f"deleted, or does FETAL_BLOBS point somewhere else than before?"
            )
        return place

    def keys(self, prefix: str = "") -> Iterator[str]:
        """List what is stored.

        Args:
            prefix: the key of a folder; empty is everything.

        Yields:
            The keys, in no particular order.
        """
        if prefix:
            _check(prefix)
        if self._folder is not None:
            for path in (self._folder / prefix).rglob("*"):
                key = path.relative_to(self._folder).as_posix()
                if path.is_file() and not key.startswith(_INCOMING):
                    yield key
            return
        address = self._address(prefix) if prefix else self._root
        for found in self._remote.find(address):
            yield found[len(self._root) :].lstrip("/")

    def drop_copy(self, prefix: str) -> bool:
        """Remove the local copy of a remote folder, so that it is fetched again.

        Args:
            prefix: the key of the folder.

        Returns:
            Whether there was a copy; false if the store is local.
        """
        _check(prefix)
        return self._folder is None and self._copies.drop(prefix)

    def sweep_drafts(self) -> None:
        """Delete what programs that were killed left half written, a day later."""
        if self._folder is None:
            self._copies.sweep(DRAFT_SECONDS)
            return
        sweep(self._folder / _INCOMING, "*", DRAFT_SECONDS)

    def _files(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        for key in self.keys(prefix):
            yield key.removeprefix(prefix).lstrip("/"), self._read(key)

    def _address(self, key: str) -> str:
        return f"{self._root.rstrip('/')}/{key}"

    def _incoming(self) -> Path:
        assert self._folder is not None
        folder = self._folder / _INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid.uuid4().hex


def damaged(key: str) -> BlobDamagedError:
    """Return the error for a key whose content is not what was written."""
    return BlobDamagedError(
        f"The file “{key}” in the workspace's files is damaged. Run `fetal check` to see what is "
        f"damaged and what to do."
    )


def _check(key: str) -> None:
    if not all(_PART.fullmatch(part) for part in key.split("/")):
        raise BlobKeyError(
            f"“{key}” cannot be the key of a file. Expected parts of letters, digits and _.+- "
            f"that start with a letter or digit, joined by “/”."
        )


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    if os.name == "posix":
        # The new name itself must reach the disk too, or a power cut loses it.
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
