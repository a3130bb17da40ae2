"""What an import brought, file by file, as a table to take along."""

import csv
import io
from collections import Counter
from dataclasses import dataclass, field

from fetal.workbench.exports import safe_cell
from fetal.workbench.taking import Outcome, Taken

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
    """

    kind: str = ""
    dry_run: bool = False
    stopped: bool = False
    taken: list[Taken] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    planes: list[str | None] = field(default_factory=list)
    kept_to_test: int = 0
    labelled: int = 0
    kept: int = 0
    missing: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    masks: int = 0

    @property
    def refused(self) -> list[str]:
        """A sentence for each image, file or line that could not be used."""
        unread = [_told(name, sentence) for name, sentence in self.left_out]
        return unread + [
            f"{taken.file}: {taken.sentence}"
            for taken in self.taken
            if taken.outcome is Outcome.REFUSED
        ]

    @property
    def set_aside(self) -> list[str]:
        """Names of images on which text may be left, and which nobody has looked at yet."""
        return [
            file
            for file, taken in zip(self.files, self.taken, strict=True)
            if taken.outcome is Outcome.SET_ASIDE
        ]

    def count(self, outcome: Outcome) -> int:
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
            *((name, Outcome.REFUSED.value, "", sentence) for name, sentence in self.left_out),
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


def _told(name: str, sentence: str) -> str:
    # Lines of a table and folders name themselves in their sentences.
    own = not name or sentence.startswith(("Line ", "The folder “"))
    return sentence if own else f"{name}: {sentence}"
