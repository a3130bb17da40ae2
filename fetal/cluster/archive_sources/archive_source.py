"""What every source of an archive can do."""

from collections.abc import Iterator
from typing import Protocol


class SourceError(RuntimeError):
    """The files of a source cannot be listed; the text says why and what to do."""


class ArchiveSource(Protocol):
    """Lists files here, and reads them in other processes: it can be pickled.

    Attributes:
        label: what it is called; without passwords.
    """

    @property
    def label(self) -> str:
        """What it is called, without passwords."""

    def listing(self) -> Iterator[str]:
        """List what identifies its files, one at a time, always in the same order.

        Raises:
            SourceError: it cannot be listed.
        """

    def read(self, item: str) -> bytes:
        """Read a file.

        Args:
            item: as listed.

        Raises:
            OSError: it cannot be read.
            ScanError: it is larger than a scan or a film may be.
        """
