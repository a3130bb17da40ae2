"""A file on its way in, whose it is, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath


class IngestOutcome(StrEnum):
    """What became of a file."""

    ADDED = "added"
    ALREADY_THERE = "already there"
    REFUSED = "refused"
    WAITS = "waits for you"
    SET_ASIDE = "set aside"
    LEFT_OUT = "left out"
    NOT_READ = "not read"

    @property
    def stays_out(self) -> bool:
        """Whether nothing of the file is in the workspace."""
        return self not in (IngestOutcome.ADDED, IngestOutcome.ALREADY_THERE)


@dataclass(frozen=True)
class UploadedFile:
    """A file as it arrives.

    Attributes:
        name: its name, with or without folders; it is never stored.
        data: its content.
        frames: of a film, the frames that a person picked, from 0; none lets the program pick.
    """

    name: str
    data: bytes
    frames: tuple[int, ...] | None = None

    @property
    def file(self) -> str:
        """The last part of the name, which is all that is ever looked at or shown."""
        return PurePosixPath(self.name.replace("\\", "/")).name or "file"


@dataclass(frozen=True)
class IngestResult:
    """What became of one file.

    Attributes:
        file: its name, for the person who brought it.
        outcome: what became of it.
        scan_id: the scan, new or already there; none where nothing was stored.
        sentence: one sentence for the person.
        waiting: the number under which it waits for the person's decision, or waited until the
            person left it out; none where it never did.
    """

    file: str
    outcome: IngestOutcome
    scan_id: int | None
    sentence: str
    waiting: int | None = None


@dataclass(frozen=True)
class PatientRef:
    """The patient that scans are filed under.

    Attributes:
        pseudonym: the patient's row.
        named: false for the unknown patient of a drop without names.
    """

    pseudonym: str
    named: bool
