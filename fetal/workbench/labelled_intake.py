"""Takes images that come with a label, and labels whose images are stored already."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from fetal.planes import UnknownPlaneError, parse_plane
from fetal.store import audit
from fetal.store.tables import UNUSABLE, Annotation, Patient, Scan
from fetal.workbench.bench import Workbench
from fetal.workbench.intake import owner_of, predicting
from fetal.workbench.labels import add_label, newest_annotation
from fetal.workbench.picture_index import load
from fetal.workbench.tables_of_labels import LabelRow
from fetal.workbench.taking import Incoming, Outcome, Taken, take

_AT_ONCE = 200
"""Labels of stored scans that share a transaction, so that no other writer waits for long."""


@dataclass
class ImportReport:
    """What an import brought.

    Attributes:
        taken: what became of each image.
        labelled: how many labels were added.
        kept: how many scans kept another label, which a person gave after an earlier import.
        missing: names of images in the table that are neither in the folder nor stored.
        refused: a sentence for each image or line that could not be used.
    """

    taken: list[Taken] = field(default_factory=list)
    labelled: int = 0
    kept: int = 0
    missing: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class LabelledIntake:
    """One import on its way.

    Args:
        bench: the workbench.
        who: the person.

    Attributes:
        report: what it has brought so far.
    """

    def __init__(self, bench: Workbench, who: str) -> None:
        self.report = ImportReport()
        self._bench = bench
        self._who = who
        self._unknown = owner_of(bench, None)
        self._champion = predicting(bench)

    def label_of(self, text: str, otherwise: str) -> str | None:
        """Read a label; one that is no plane is refused in the report.

        Args:
            text: as a table or a folder writes it.
            otherwise: how the refusal begins.

        Returns:
            A plane's value or `unusable`; none where it was refused.
        """
        if text.strip().lower() == UNUSABLE:
            return UNUSABLE
        try:
            return parse_plane(text).value
        except UnknownPlaneError as error:
            self.report.refused.append(f"{otherwise}: {error}")
            return None

    def image(self, picture: Path | Incoming, row: LabelRow, label: str | None) -> None:
        """Take one image with its label.

        Args:
            picture: the image.
            row: what its table says of it.
            label: a plane's value or `unusable`; none takes the image without a label.
        """
        try:
            incoming = load(picture)
        except OSError as error:
            self.report.refused.append(f"{row.image}: the file cannot be read ({error.strerror}).")
            return
        taken = take(
            self._bench,
            incoming,
            who=self._who,
            owner=owner_of(self._bench, row.patient) if row.patient else self._unknown,
            source="import",
            champion=self._champion,
            machine=row.machine,
        )
        self.report.taken.append(taken)
        if taken.scan_id is None:
            self.report.refused.append(f"{taken.file}: {taken.sentence}")
        elif label is not None or row.test:
            with self._bench.store.session() as session:
                self._give(session, taken.scan_id, label, test=row.test)

    def stored(self, labels: Sequence[tuple[LabelRow, str]]) -> None:
        """Give labels to scans that are stored already.

        Args:
            labels: lines of a table, each with its label. A line whose image no scan came from
                is named as missing.
        """
        if not labels:
            return
        scans = self._scans_by_name()
        found: list[tuple[int, LabelRow, str]] = []
        for row, label in labels:
            numbers = scans.get(row.image) or scans.get(self._bench.pseudonyms.file(row.image), [])
            if len(numbers) == 1:
                found.append((numbers[0], row, label))
            elif numbers:
                self.report.refused.append(
                    f"Line {row.line}: {len(numbers)} stored scans came from files named "
                    f"“{row.image}”. Import the table together with its images."
                )
            else:
                self.report.missing.append(row.image)
        for start in range(0, len(found), _AT_ONCE):
            with self._bench.store.session() as session:
                for number, row, label in found[start : start + _AT_ONCE]:
                    self._give(session, number, label, test=row.test)

    def finish(self, action: str) -> ImportReport:
        """Write the audit trail's line.

        Args:
            action: what was done.

        Returns:
            The report.
        """
        report = self.report
        with self._bench.store.session() as session:
            audit.record(
                session,
                self._who,
                action,
                added=sum(taken.outcome is Outcome.ADDED for taken in report.taken),
                already_there=sum(taken.outcome is Outcome.ALREADY_THERE for taken in report.taken),
                labelled=report.labelled,
                kept=report.kept,
                missing=len(report.missing),
                refused=len(report.refused),
            )
        return report

    def _give(self, session: Session, scan_id: int, label: str | None, *, test: bool) -> None:
        if test:
            patient = session.get_one(Patient, session.get_one(Scan, scan_id).patient_id)
            if patient.named and patient.side is None:
                patient.side = "test"
        if label is None:
            return
        newest = newest_annotation(session, scan_id)
        if newest is not None and newest.label == label:
            return
        if _imported_before(session, scan_id, label):
            self.report.kept += 1
            return
        add_label(session, scan_id, label, self._who, kind="import")
        self.report.labelled += 1

    def _scans_by_name(self) -> dict[str, list[int]]:
        """Map file keys, and the names that exports use, to scans."""
        found: dict[str, list[int]] = defaultdict(list)
        with self._bench.store.reading() as session:
            for number, name, key in session.execute(select(Scan.id, Scan.name, Scan.file_key)):
                for known in (key, name, f"{name}.png"):
                    if known is not None:
                        found[known].append(number)
        return found


def _imported_before(session: Session, scan_id: int, label: str) -> bool:
    undoing = aliased(Annotation)
    before = select(Annotation.id).where(
        Annotation.scan_id == scan_id,
        Annotation.kind == "import",
        Annotation.label == label,
        ~select(undoing.id).where(undoing.undoes_id == Annotation.id).exists(),
    )
    return session.scalar(before.limit(1)) is not None
