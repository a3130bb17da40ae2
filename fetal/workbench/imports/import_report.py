"""What an import brought, file by file, as a table to take along."""

import csv
import io
from collections import Counter
from dataclasses import dataclass, field

from fetal.workbench.ingest.files import IngestOutcome, IngestResult
from fetal.workbench.label_tables.export_format import safe_cell

HEADER = ("file", "outcome", "plane", "sentence")
MISSING = "missing"
UNLISTED = "not listed"
_NOT_FOUND = "Listed, but neither at hand nor stored."
_NOT_LISTED = "The table does not list it, so it stays out."


@dataclass
class ImportReport:
    """What an import brought, or would bring.

    Attributes:
        kind: what it was recognised as, in words.
        dry_run: whether nothing was written.
        stopped: whether a person stopped it before its end.
        taken: what became of each image.
        files: the name of each image of `taken`, with its folders.
        planes: the label that came with each image of `taken`; none where it has none.
        kept_to_test: how many images their table keeps out of training.
        labelled: how many labels were added.
        kept: how many scans kept another label, which a person gave after an earlier import.
        missing: names of images that are listed and neither at hand nor stored.
        left_out: name and sentence of files and lines that were left out unread.
        unlisted: names of files that the table does not list; they stayed out.
        masks: how many files of the data set are no scans.
        notes: what a person should know of how the import was understood, as sentences.
        placeholders: how many images have a placeholder such as ANONYMOUS for a patient.
        not_kept_to_test: how many scans their table keeps out of training, while their patient
            has learnt already or is unknown from before.
    """

    kind: str = ""
    dry_run: bool = False
    stopped: bool = False
    taken: list[IngestResult] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    planes: list[str | None] = field(default_factory=list)
    kept_to_test: int = 0
    labelled: int = 0
    kept: int = 0
    missing: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    masks: int = 0
    notes: list[str] = field(default_factory=list)
    placeholders: int = 0
    not_kept_to_test: int = 0

    @property
    def refused(self) -> list[str]:
        """A sentence for each image, file or line that could not be used."""
        # Lines that contradict each other share a sentence.
        unread = list(dict.fromkeys(_told(*one) for one in self.left_out))
        return unread + [
            f"{taken.file}: {taken.sentence}"
            for taken in self.taken
            if taken.outcome is IngestOutcome.REFUSED
        ]

    @property
    def remarks(self) -> list[str]:
        """A sentence for each thing that a person should know, beside the counts."""
        remarks = list(self.notes)
        if self.placeholders:
            remarks.append(
                f"{_of_files(self.placeholders)} a placeholder such as ANONYMOUS or 0 for the "
                "patient. It names nobody: these scans count as scans of an unknown patient."
            )
        if self.not_kept_to_test:
            remarks.append(
                f"{self.not_kept_to_test:,} of the scans that are marked to test are not kept to "
                "test: their patients have learnt or steered already, or are not known."
            )
        return remarks

    @property
    def set_aside(self) -> list[str]:
        """Names of images on which text may be left, and which nobody has looked at yet."""
        return [
            file
            for file, taken in zip(self.files, self.taken, strict=True)
            if taken.outcome is IngestOutcome.SET_ASIDE
        ]

    def count(self, outcome: IngestOutcome) -> int:
        """How many images came to this."""
        return sum(taken.outcome is outcome for taken in self.taken)

    def per_plane(self) -> Counter[str | None]:
        """How many images that are, or would be, in the workspace came with which label."""
        return Counter(
            plane
            for plane, taken in zip(self.planes, self.taken, strict=True)
            if not taken.outcome.stays_out
        )

    def rows(self) -> list[tuple[str, str, str, str]]:
        """File, outcome, plane and sentence of everything that was brought, listed or left out."""
        return [
            *(
                (file, taken.outcome.value, plane or "", taken.sentence)
                for file, plane, taken in zip(self.files, self.planes, self.taken, strict=True)
            ),
            *(
                (name, IngestOutcome.REFUSED.value, "", sentence)
                for name, sentence in self.left_out
            ),
            *((name, MISSING, "", _NOT_FOUND) for name in self.missing),
            *((name, UNLISTED, "", _NOT_LISTED) for name in self.unlisted),
        ]

    def csv(self) -> str:
        """The rows as a CSV, under the header file, outcome, plane, sentence."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(tuple(safe_cell(cell) for cell in row) for row in self.rows())
        return text.getvalue()


def _of_files(count: int) -> str:
    return "1 file has" if count == 1 else f"{count:,} files have"


def _told(name: str, sentence: str) -> str:
    # Lines of a table and folders name themselves in their sentences.
    own = not name or sentence.startswith(("Line ", "Lines ", "The folder “"))
    return sentence if own else f"{name}: {sentence}"
