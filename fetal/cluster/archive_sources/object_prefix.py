"""A prefix of a bucket as an archive, or whatever else fsspec reaches."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from fetal.cluster.archive_sources.archive_source import SourceError
from fetal.cluster.archive_sources.shown_address import without_password
from fetal.scans.archives.picture_files import has_picture_name
from fetal.scans.limits import Limits


@dataclass(frozen=True)
class ObjectPrefix:
    """The pictures and films below an fsspec address, such as `s3://bucket/archive`.

    Objects count whose names end as those of pictures do, or have no ending, as DICOM's often do.
    Who may read them is said where fsspec's package for the address looks for it (s3fs: the
    variables and files of AWS), on every computer that has workers.

    Args:
        url: the address.
    """

    url: str

    @property
    def label(self) -> str:
        """Its address without a password."""
        return without_password(self.url)

    def listing(self) -> Iterator[str]:
        """List the paths of its objects below the prefix, one level after another."""
        system, root = self._opened()
        try:
            found = False
            for place, folders, files in system.walk(root):
                folders[:] = sorted(folders)
                for name in sorted(files):
                    found = True
                    if _may_be_picture(name):
                        path = f"{place}/{name}"
                        yield path[len(root) :].lstrip("/")
        except OSError as error:
            raise SourceError(
                f"“{self.label}” cannot be listed: {error.strerror or error}."
            ) from error
        if not found:
            raise SourceError(f"Nothing is stored under “{self.label}”. Check the address.")

    def read(self, item: str) -> bytes:
        """Read an object, unless it is larger than a scan or a film may be."""
        system, root = self._opened()
        path = f"{root.rstrip('/')}/{item}"
        Limits.from_environment().check_file(int(system.size(path)))
        content: bytes = system.cat_file(path)
        return content

    def _opened(self) -> tuple[Any, str]:
        return _open(self.url)


@cache
def _open(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise SourceError(
            f"“{without_password(url)}” cannot be opened: {error} For s3://, install the package "
            "with its extra: fetal[s3]."
        ) from error
    return system, str(root)


def _may_be_picture(name: str) -> bool:
    return not name.startswith(".") and (
        has_picture_name(name) or PurePosixPath(name).suffix.strip(".").isdigit() or "." not in name
    )
