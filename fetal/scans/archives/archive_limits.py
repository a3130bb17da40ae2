"""How much an archive may hold before it is refused, and the sentences that say so."""

from dataclasses import dataclass

from fetal.scans.errors import ScanError
from fetal.scans.limits import setting


class ArchiveError(ScanError):
    """An archive, or something in it, that is not read; `str(error)` is the sentence to show."""


class DamagedArchiveError(ArchiveError):
    """It starts as a ZIP archive but cannot be read."""

    def __init__(self) -> None:
        super().__init__(
            "Expected a complete ZIP archive, received one that is cut short or damaged: please "
            "pack or copy it again."
        )


class EncryptedArchiveError(ArchiveError):
    """A file in the archive is locked with a password."""

    def __init__(self) -> None:
        super().__init__(
            "Expected an archive without a password, received a file that is locked with one: "
            "please unpack it with the password and import the folder."
        )


class PackedOtherwiseError(ArchiveError):
    """A file in the archive is packed in a way that is not read."""

    def __init__(self) -> None:
        super().__init__(
            "Expected a file packed by Deflate, BZIP2 or LZMA, received one that is packed in "
            "another way: please pack the archive again as a plain ZIP."
        )


class TooManyEntriesError(ArchiveError):
    """More files than the limit allows.

    Args:
        limit: how many are allowed.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"Expected an archive of at most {limit:,} files, received one with more: please "
            "import it in parts."
        )


class ArchiveTooLargeError(ArchiveError):
    """Unpacked, it would be larger than the limit allows.

    Args:
        received: what came, in megabytes.
        limit: what is allowed, in megabytes.
        what: what is too large.
    """

    def __init__(self, received: float, limit: int, what: str = "an archive") -> None:
        super().__init__(
            f"Expected {what} of at most {limit:,} MB when unpacked, received {received:,.0f} MB: "
            "please import it in parts."
        )


class TooDenseError(ArchiveError):
    """A file unpacks to so many times its size that it looks made to fill the memory.

    Args:
        ratio: how many times.
        limit: how many are allowed.
    """

    def __init__(self, ratio: float, limit: int) -> None:
        super().__init__(
            f"Expected a file that unpacks to at most {limit:,} times its packed size, received "
            f"one of {ratio:,.0f} times: please import the scan itself in place of the archive."
        )


class NestedTooDeepError(ArchiveError):
    """An archive in an archive in an archive.

    Args:
        limit: how many archives may lie in one another, the outer one not counted.
    """

    def __init__(self, limit: int) -> None:
        depth = "one in another" if limit == 1 else f"{limit:,} in one another"
        super().__init__(
            f"Expected archives at most {depth}, received one that lies deeper: please unpack it "
            "and import what is in it."
        )


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Bounds on an archive, which hold before anything in it is unpacked.

    Args:
        entries: most files in one archive.
        megabytes: most that all its files may come to when unpacked, in units of 1,000,000 bytes.
        ratio: most times that one file's size may be its packed size. Screens that are almost all
            black reach about 100.
        nesting: how many archives may lie in one another, the outer one not counted.
        inner_megabytes: largest archive inside an archive; it is held in memory while it is read.
    """

    entries: int = 50_000
    megabytes: int = 50_000
    ratio: int = 250
    nesting: int = 1
    inner_megabytes: int = 1_000

    @classmethod
    def from_environment(cls) -> "ArchiveLimits":
        """Read what the administrator set; what is not set, or no whole number, stays as it is."""
        standard = cls()
        return cls(
            entries=setting("FETAL_ARCHIVE_ENTRIES", standard.entries),
            megabytes=setting("FETAL_ARCHIVE_MEGABYTES", standard.megabytes),
            ratio=setting("FETAL_ARCHIVE_RATIO", standard.ratio),
            nesting=setting("FETAL_ARCHIVE_NESTING", standard.nesting, least=0),
            inner_megabytes=setting("FETAL_ARCHIVE_INNER_MEGABYTES", standard.inner_megabytes),
        )
