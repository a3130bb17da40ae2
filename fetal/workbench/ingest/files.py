"""A file on its way in, whose it is, and what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import PurePosixPath

from fetal.scans.inspection import FileKind, Inspection
from fetal.scans.sandboxed_reading import client


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
        frames: of a film, the frames that a person picked, from 0. If None, the program picks.
    """

    name: str
    data: bytes = field(repr=False)
    frames: tuple[int, ...] | None = None

    @property
    def file(self) -> str:
        """The last part of the name, which is all that is ever looked at or shown."""
        return last_part(self.name)

    @cached_property
    def inspection(self) -> Inspection:
        """What the file is; its header is looked at once, however often this is asked."""
        return client.inspect_file(self.data, self.file)

    @property
    def known_film(self) -> bool:
        """Whether the file is known to hold several frames; false where nobody has looked yet."""
        if self.frames is not None:
            return True
        looked = "inspection" in self.__dict__
        return looked and self.inspection.kind is FileKind.FILM

    def read(self) -> bytes:
        """Return the content."""
        return self.data


def last_part(name: str) -> str:
    """Return a file's name without its folders, whichever system wrote it."""
    return PurePosixPath(name.replace("\\", "/")).name or "file"


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
        of_film: whether the file is a film, and this a frame of it.
    """

    file: str
    outcome: IngestOutcome
    scan_id: int | None
    sentence: str
    waiting: int | None = None
    of_film: bool = False


@dataclass(frozen=True)
class PatientRef:
    """The patient that scans are filed under.

    Attributes:
        pseudonym: the patient's row.
        named: false for the unknown patient of a drop without names.
    """

    pseudonym: str
    named: bool


@dataclass(frozen=True)
class FramePlace:
    """Which frame of which film a scan is.

    Attributes:
        film: SHA-256 of the film's file, in hexadecimal; only a keyed hash of it is stored.
        index: the frame's place in the film, from 0.
    """

    film: str
    index: int


@dataclass(frozen=True)
class IngestItem:
    """A file that is to be brought in, with what is known of it besides its content.

    Attributes:
        name: its name without folders.
        load: gives its content; raises `OSError` or `ScanError`. None for one that was read
            already.
        film: whether it is known to be a film, or a frame of one; if not, reading it tells.
        frames: of a film, the frames that a person picked, from 0. If None, the program picks.
        owner: the patient, where the file names none itself. If None, the one of its `Ingest`.
        source: `upload`, `import` or `sample`. If None, the one of its `Ingest`.
        machine: the ultrasound machine's model, where the file does not tell it itself.
        operator: the code of who scanned, never a name, where a table tells it.
        decided: how often the person who looked changed what is blanked, for the audit trail.
        then: where the scan has to wait: told its number once it is stored, and whether it is a
            frame of a film.
        place: of a frame of a film, which one it is.
    """

    name: str
    load: Callable[[], bytes] | None = None
    film: bool = False
    frames: tuple[int, ...] | None = None
    owner: PatientRef | None = None
    source: str | None = None
    machine: str | None = None
    operator: str | None = None
    decided: Mapping[str, int] | None = None
    then: Callable[[int, bool], None] | None = None
    place: FramePlace | None = None
