"""Takes images that come with a label, and labels whose images are stored already."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from sqlalchemy.orm import Session

from fetal.scans.deidentification.placeholders import PLACEHOLDER_PATIENT
from fetal.scans.sandboxed_reading import client
from fetal.scans.sandboxed_reading.file_reader import ReadFile
from fetal.splits import TEST
from fetal.store import audit
from fetal.store.access.audit_chain import EventKind
from fetal.store.bulk import batches
from fetal.store.tables import SAMPLE, Patient, ScanRow
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.imports.exported_scans import Came, exported_owner, take_label
from fetal.workbench.imports.import_report import ImportReport
from fetal.workbench.imports.recognise import Planned
from fetal.workbench.imports.stored_lines import find_stored
from fetal.workbench.ingest.crowded_patients import crowded_patients
from fetal.workbench.ingest.deid_policy import (
    DeidentificationCheck,
    DeidentificationPolicy,
    QuarantinedScan,
    doubt_about,
)
from fetal.workbench.ingest.files import (
    IngestItem,
    IngestOutcome,
    IngestResult,
    PatientRef,
    last_part,
)
from fetal.workbench.ingest.ingest import Ingest
from fetal.workbench.ingest.patient_codes import owner_of, patient_code
from fetal.workbench.ingest.quarantine import Quarantine, QuarantineWatch
from fetal.workbench.ingest.recognition import stored_scan
from fetal.workbench.label_tables.label_table import LabelRow

__all__ = ["ImportReport", "LabelledImport"]

_AT_ONCE = 200
"""Labels of stored scans that share a transaction, so that no other writer waits for long."""


class LabelledImport:
    """One import on its way.

    Args:
        workbench: the workbench.
        who: the person.
        patient: the patient of files that name none; if None, one unknown patient for all.
        dry_run: look at everything and write nothing.
        unsure: what becomes of scans on which text may be left; if None, what the environment
            says.
        quarantine: where they wait until somebody can be asked; without one, to ask means to set
            aside.

    Attributes:
        report: what it has brought so far.
    """

    def __init__(
        self,
        workbench: Workbench,
        who: str,
        patient: str | None = None,
        *,
        dry_run: bool = False,
        unsure: DeidentificationPolicy | None = None,
        quarantine: Quarantine | None = None,
    ) -> None:
        self.report = ImportReport(dry_run=dry_run)
        self._workbench = workbench
        self._who = who
        self._otherwise = owner_of(workbench, patient)
        # Whom nobody names may be several: those who are kept to test are not those who train.
        self._held_out = owner_of(workbench, None) if not self._otherwise.named else self._otherwise
        self._check = DeidentificationCheck(
            unsure or DeidentificationPolicy.from_environment(),
            # A dry run looks at scans, and leaves none waiting.
            QuarantineWatch(quarantine) if quarantine is not None and not dry_run else None,
        )
        self._seen: set[str] = set()
        self._given: dict[int, tuple[str, str]] = {}

    def take(
        self, images: Sequence[Planned], stop: Callable[[], bool] | None = None
    ) -> Iterator[int]:
        """Bring images in, with their labels.

        Args:
            images: the images and what is known of them.
            stop: as `Ingest.take` takes it.

        Yields:
            How many more images are through; where it was stopped, not all are in the end.
        """
        ingest = Ingest(
            self._workbench, self._who, owner=self._otherwise, source="import", check=self._check
        )
        done = 0
        for group in ingest.take(map(self._item, images), stop):
            self._taken(images[done : done + len(group)], group)
            done += len(group)
            yield len(group)

    def look_at(
        self, images: Sequence[Planned], stop: Callable[[], bool] | None = None
    ) -> Iterator[int]:
        """Report what would become of images; nothing is written.

        Args:
            images: as in `take`.
            stop: asked before each image; true ends it there.

        Yields:
            1 for each image that was looked at.
        """
        for planned, read in client.readers().read(images, _load):
            if stop is not None and stop():
                return
            self._report(planned, self._looked_at(planned, read), planned.label)
            yield 1

    def _item(self, planned: Planned) -> IngestItem:
        row = planned.row
        return IngestItem(
            last_part(planned.piece.label),
            planned.piece.read,
            owner=self._owner(planned),
            source=SAMPLE if row.exported and row.exported.sample else None,
            machine=row.machine,
            operator=row.operator,
            # Where a scan has to wait, its label waits with it.
            then=partial(self._label, label=planned.label, row=row),
        )

    def _taken(self, images: Sequence[Planned], group: Sequence[Sequence[IngestResult]]) -> None:
        """Report what became of a few images, and give their scans the labels."""
        labels = []
        for planned, results in zip(images, group, strict=True):
            for result in results:
                # Not every frame shows what a label says of the film.
                label = planned.label if not result.of_film else None
                label = self._unless_contradicted(planned, result, label)
                self._report(planned, result, label)
                if result.scan_id is not None:
                    labels.append((result.scan_id, label, planned.row))
        labels = [one for one in labels if one[1] or one[2].test or one[2].exported]
        if labels:
            with self._workbench.store.session() as session:
                for scan_id, label, row in labels:
                    self._give(session, scan_id, label, row)

    def _report(self, planned: Planned, result: IngestResult, label: str | None) -> None:
        row, report = planned.row, self.report
        report.taken.append(result)
        report.placeholders += PLACEHOLDER_PATIENT in result.sentence and not row.patient
        report.files.append(planned.piece.label)
        report.planes.append(label)
        report.kept_to_test += row.test and not result.outcome.stays_out

    def _unless_contradicted(
        self, planned: Planned, taken: IngestResult, label: str | None
    ) -> str | None:
        """The label, unless another file with the same pixels came with another one."""
        if label is None or taken.scan_id is None:
            return label
        first, file = self._given.setdefault(taken.scan_id, (label, planned.piece.label))
        if first == label:
            return label
        sentence = (
            f"It is the same picture as {file}, which came with the label {first}; its own label, "
            f"{label}, was left out. Please look which of them is right."
        )
        self.report.left_out.append((planned.piece.label, sentence))
        return None

    def _label(self, scan_id: int, of_film: bool, *, label: str | None, row: LabelRow) -> None:
        """Label a scan that has waited until a person kept it."""
        with self._workbench.store.session() as session:
            self._give(session, scan_id, None if of_film else label, row)

    def _owner(self, planned: Planned) -> PatientRef:
        row = planned.row
        if row.patient and row.exported:
            return exported_owner(self._workbench, row.patient, row.exported)
        if row.patient:
            return PatientRef(patient_code(self._workbench, row.patient), named=True)
        return self._held_out if row.test else self._otherwise

    def _looked_at(self, planned: Planned, read: ReadFile) -> IngestResult:
        """What would become of an image."""
        name = planned.piece.name
        if read.scan is None and read.frames > 1:
            return IngestResult(
                name, IngestOutcome.ADDED, None, "Frames of this film would be added."
            )
        if read.scan is None:
            return IngestResult(name, IngestOutcome.REFUSED, None, read.refusal or "")
        digest = read.scan.digest
        with self._workbench.store.reading() as session:
            known = stored_scan(session, self._workbench, read.scan)
        if known is not None or digest in self._seen:
            number = known.id if known is not None else None
            return IngestResult(
                name, IngestOutcome.ALREADY_THERE, number, "Its pixels are there already."
            )
        stopped = self._check.stop(
            QuarantinedScan(
                name, read, self._otherwise, "import", self._who, doubt_about(read.scan)
            )
        )
        if stopped is not None:
            return stopped
        self._seen.add(digest)
        return IngestResult(
            name, IngestOutcome.ADDED, None, " ".join(["Would be added.", *read.scan.warnings])
        )

    def stored(self, labels: Sequence[tuple[LabelRow, str | None]]) -> None:
        """Assign labels to scans that are stored already.

        Args:
            labels: lines of a table, each with its label. A line whose image no scan came from
                is named as missing.
        """
        if not labels:
            return
        lines = find_stored(self._workbench, labels)
        self.report.left_out += lines.left_out
        self.report.missing += lines.missing
        if self.report.dry_run:
            return
        for some in batches(lines.found, _AT_ONCE):
            with self._workbench.store.session() as session:
                for number, row, label in some:
                    self._give(session, number, label, row)

    def finish(self, action: str) -> ImportReport:
        """Write the audit trail's line; a dry run leaves none.

        Args:
            action: what was done.

        Returns:
            The report.
        """
        report = self.report
        if report.dry_run:
            return report
        added = [taken.scan_id for taken in report.taken if taken.scan_id is not None]
        with self._workbench.store.reading() as session:
            report.notes += crowded_patients(session, added)
        with self._workbench.store.session() as session:
            self._workbench.tell(
                session,
                EventKind.IMPORTED,
                self._who,
                added=report.count(IngestOutcome.ADDED),
                labelled=report.labelled,
            )
            audit.record(
                session,
                self._who,
                action,
                added=report.count(IngestOutcome.ADDED),
                already_there=report.count(IngestOutcome.ALREADY_THERE),
                labelled=report.labelled,
                kept=report.kept,
                missing=len(report.missing),
                refused=len(report.refused),
                set_aside=report.count(IngestOutcome.SET_ASIDE),
                waiting=report.count(IngestOutcome.WAITS),
            )
        return report

    def _give(self, session: Session, scan_id: int, label: str | None, row: LabelRow) -> None:
        scan = session.get(ScanRow, scan_id)
        if scan is None:
            # Somebody has erased it since it was stored.
            return
        if row.test:
            patient = session.get_one(Patient, scan.patient_id)
            # An exported code stands for one patient, known by name or not.
            alone = patient.named or row.exported or patient.id == self._held_out.pseudonym
            if patient.split is None and alone:
                patient.split = TEST
            self.report.not_kept_to_test += patient.split != TEST
        came = take_label(session, scan_id, label, row, self._who)
        self.report.labelled += came is Came.ADDED
        self.report.kept += came is Came.KEPT


def _load(planned: Planned) -> tuple[bytes, str]:
    return planned.piece.read(), planned.piece.name
