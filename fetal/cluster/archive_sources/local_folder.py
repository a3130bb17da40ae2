"""A folder as an archive: one of this computer, or one that all workers mount in the same place."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fetal.cluster.archive_sources.archive_source import SourceError
from fetal.scans.archives.picture_files import is_picture_file
from fetal.scans.deidentification.file_names import readable_name
from fetal.scans.limits import read_within


@dataclass(frozen=True)
class LocalFolder:
    """The pictures and films below a folder; hidden files are left out.

    Args:
        folder: its absolute path.

    Example:
        >>> list(LocalFolder("/data/archive").listing())  # doctest: +SKIP
        ['2024/a.dcm', '2024/b.dcm']
    """

    folder: str

    @property
    def label(self) -> str:
        """Its path."""
        return readable_name(Path(self.folder))

    def listing(self) -> Iterator[str]:
        """List the paths of its files below it, folder by folder."""
        if not Path(self.folder).is_dir():
            raise SourceError(f"There is no folder “{self.label}”. Check its path.")
        for place, folders, files in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                path = Path(place, name)
                if not name.startswith(".") and is_picture_file(path):
                    yield path.relative_to(self.folder).as_posix()

    def read(self, item: str) -> bytes:
        """Read a file."""
        return read_within(Path(self.folder, item))
