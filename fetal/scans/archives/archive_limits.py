"""How much an archive may hold before it is refused, and the sentences that say so."""

from dataclasses import dataclass

from fetal.configuration import declared
from fetal.scans.errors import ScanError


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

    entries: int = declared.ARCHIVE_ENTRIES.default
    megabytes: int = declared.ARCHIVE_MEGABYTES.default
    ratio: int = declared.ARCHIVE_RATIO.default
    nesting: int = declared.ARCHIVE_NESTING.default
    inner_megabytes: int = declared.ARCHIVE_INNER_MEGABYTES.default

    @classmethod
    def from_environment(cls) -> "ArchiveLimits":
        """Return the bounds that the administrator set.

        Raises:
            SettingError: one of the settings is no such number.
        """
        return cls(
            entries=declared.ARCHIVE_ENTRIES.value(),
            megabytes=declared.ARCHIVE_MEGABYTES.value(),
            ratio=declared.ARCHIVE_RATIO.value(),
            nesting=declared.ARCHIVE_NESTING.value(),
            inner_megabytes=declared.ARCHIVE_INNER_MEGABYTES.value(),
        )
