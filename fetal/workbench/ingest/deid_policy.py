"""What becomes of a scan when the finder of sector and lettering is unsure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fetal.configuration.declared import UNSURE
from fetal.scans import Scan
from fetal.scans.sandboxed_reading.file_reader import ReadFile
from fetal.workbench.ingest.files import FramePlace, IngestOutcome, IngestResult, PatientRef

_NO_SECTOR = "the ultrasound could not be told from the rest of the screen"
_LETTERING = "something seems to be written over the ultrasound"


class DeidentificationPolicy(StrEnum):
    """What becomes of a scan on which a name may be left."""

    ASK = "ask"
    """A person decides; where nobody can be asked, it is set aside."""
    REFUSE = "refuse"
    KEEP = "keep"

    @classmethod
    def from_environment(cls) -> "DeidentificationPolicy":
        """Read the setting.

        Returns:
            What `FETAL_UNSURE` says; `ask` where it is not set.

        Raises:
            SettingError: it is none of the three.
        """
        return cls(UNSURE.value())


@dataclass(frozen=True)
class QuarantinedScan:
    """A scan that waits for a person: in this process's memory, and nowhere else.

    Attributes:
        file: its file's name, for that person.
        read: the scan, and the grey levels as they arrived.
        owner: the patient that it would be filed under, where the file names none itself.
        source: `upload`, `import` or `sample`.
        who: the person.
        reason: why it waits (`doubt_about`); empty where all of a drop were to wait.
        then: told the scan's number once it is stored, such as to give it its label.
        place: which frame of which film it is; None of a still.
    """

    file: str
    read: ReadFile
    owner: PatientRef
    source: str
    who: str
    reason: str
    then: Callable[[int], None] | None = None
    place: FramePlace | None = None

    @property
    def scan(self) -> Scan:
        """The scan as it was read."""
        if self.read.scan is None:
            raise ValueError("Only a file that could be read can wait.")
        return self.read.scan

    @property
    def before(self) -> NDArray[np.uint8]:
        """The grey levels as they arrived; as they were read, where nobody kept the others."""
        return self.read.before if self.read.before is not None else self.scan.pixels


class Watch(Protocol):
    """Somebody who looks on while files come in."""

    def hold(self, held: QuarantinedScan) -> int | None:
        """Let a scan wait; gives its number, or none where no more fit."""

    def show(self, scan_id: int, read: ReadFile) -> None:
        """See what became of a scan that was stored just now."""


def doubt_about(scan: Scan) -> str:
    """Return why text may be left on a scan.

    Args:
        scan: the scan.

    Returns:
        The reason as part of a sentence, such as “something seems to be written over the
        ultrasound”; empty where the finder is sure.
    """
    reasons = [] if scan.sector_found else [_NO_SECTOR]
    reasons += [_LETTERING] if scan.lettering else []
    return ", and ".join(reasons)


@dataclass(frozen=True)
class DeidentificationCheck:
    """Whether a scan may go into the workspace as it was read.

    Attributes:
        when_unsure: what becomes of one on which text may be left.
        watch: who can be asked, and shown what was stored; nobody in an import.
        every: whether every scan is to wait for that person, sure or not.
    """

    when_unsure: DeidentificationPolicy
    watch: Watch | None = None
    every: bool = False

    def stop(self, held: QuarantinedScan) -> IngestResult | None:
        """Stop a scan, unless it may go on.

        Args:
            held: the scan, as it would wait.

        Returns:
            What became of it; None where it may be stored.
        """
        if self.every and self.watch is not None:
            return self._hold(self.watch, held)
        if not held.reason or self.when_unsure is DeidentificationPolicy.KEEP:
            return None
        if self.when_unsure is DeidentificationPolicy.REFUSE:
            return IngestResult(held.file, IngestOutcome.REFUSED, None, _refused(held.reason))
        if self.watch is None:
            return IngestResult(held.file, IngestOutcome.SET_ASIDE, None, _set_aside(held.reason))
        return self._hold(self.watch, held)

    def show(self, taken: IngestResult, read: ReadFile) -> None:
        """Show what was stored to whoever looks on.

        Args:
            taken: what became of the scan.
            read: the scan.
        """
        if (
            self.watch is not None
            and taken.outcome is IngestOutcome.ADDED
            and taken.scan_id is not None
        ):
            self.watch.show(taken.scan_id, read)

    def _hold(self, watch: Watch, held: QuarantinedScan) -> IngestResult:
        number = watch.hold(held)
        if number is None:
            return IngestResult(held.file, IngestOutcome.SET_ASIDE, None, _NO_ROOM)
        why = f": {held.reason}" if held.reason else " to be looked at"
        sentence = f"Waits for you{why}. It is not stored until you say so."
        return IngestResult(held.file, IngestOutcome.WAITS, None, sentence, number)


OPEN = DeidentificationCheck(DeidentificationPolicy.KEEP)
"""Lets every scan pass, such as one that a person has looked at."""

_NO_ROOM = (
    "Set aside: as many scans wait for you as the program can hold. Please decide on them, then "
    "drop this file again."
)


def _refused(reason: str) -> str:
    return (
        f"Refused, since {reason}, and a name may be among it. The program is set to refuse such "
        "scans: please export it again without text."
    )


def _set_aside(reason: str) -> str:
    return (
        f"Set aside, since {reason}, and a name may be among it. Please drop this file on the "
        "Scans page to look at it, or import again and keep such scans."
    )
