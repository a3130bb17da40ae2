"""Takes labels and scans out of the workspace."""

import csv
import io
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.predict.second_opinion import opinion_cells
from fetal.progress import OnProgress, Progress, no_progress
from fetal.store import audit
from fetal.store.access.audit_chain import EventKind
from fetal.store.blobs import BlobError
from fetal.store.bulk import any_of
from fetal.store.contents import read_picture
from fetal.store.state.state_tables import ScanState
from fetal.store.tables import Patient, PredictionRow, ScanRow
from fetal.workbench.catalogue.find_scans import find_stored_after
from fetal.workbench.catalogue.own_file_names import own_names
from fetal.workbench.catalogue.query import ScanFilter
from fetal.workbench.catalogue.scans import ScanView, count, views
from fetal.workbench.catalogue.stored_pixels import DamagedScanError
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_tables.export_format import FILE, HEADER, safe_cell

_AT_ONCE = 1000
"""Scans that are read, and kept in memory, at once."""

LEFT_OUT = "left out.txt"
"""Where an archive says which pictures are not in it."""


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Attributes:
        target: the file.
        left_out: a sentence for each scan whose picture could not be written; its line is there.
    """

    target: Path
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Line:
    """A scan with what only an export tells of it."""

    view: ScanView
    blob: str
    digest: str
    key: str | None
    split: str
    unfamiliarity: float | None


def export_labels(
    workbench: Workbench,
    chosen: ScanFilter | None = None,
    who: str = "",
    files: Iterable[str] | None = None,
) -> str:
    """Return the chosen scans as a table; of very many scans, `write_labels` takes less memory.

    Args:
        workbench: the workbench.
        chosen: as for `write_labels`.
        who: as for `write_labels`.
        files: as for `write_labels`.

    Returns:
        The table of `write_labels`.
    """
    text = io.StringIO()
    write_labels(workbench, text, chosen, who, files)
    return text.getvalue()


def write_labels(
    workbench: Workbench,
    target: TextIO,
    chosen: ScanFilter | None = None,
    who: str = "",
    files: Iterable[str] | None = None,
) -> int:
    """Write the chosen scans as a table that `import_csv` reads again, a few at a time.

    The table is a CSV: image name, plane, patient's pseudonym, annotator, time (UTC, ISO 8601),
    the model's plane, its probability, the model, the note, the doubt (sure, check, or unknown
    where the model does not know the scan), the unfamiliarity (1 is where unknown begins), the
    split (train, validation or test, once the patient has one), the source, the machine, what the
    model's second reader says and whether it agrees (yes or no; both empty without one).

    Args:
        workbench: the workbench.
        target: what it is written to.
        chosen: which scans; if None, all. Those without a label have an empty plane.
        who: the person, for the audit trail.
        files: names of the person's own files, to be written beside the scans that came from
            them; they are not kept. If None, the table has no column for them.

    Returns:
        How many scans the table has.

    Raises:
        NotPermittedError: the person may not export.
    """
    who = workbench.permit(Permission.EXPORT, who)
    table = _Table(workbench, target, files)
    count = 0
    for line in _lines(workbench, chosen):
        table.write(line)
        count += 1
    with workbench.store.session() as session:
        workbench.tell(session, EventKind.EXPORTED, who, what="labels", scans=count)
        audit.record(session, who, "export labels", scans=count)
    return count


def export_archive(
    workbench: Workbench,
    chosen: ScanFilter | None,
    target: Path,
    who: str = "",
    on_progress: OnProgress = no_progress,
    files: Iterable[str] | None = None,
) -> Exported:
    """Write the chosen scans with their labels as a ZIP file.

    Args:
        workbench: the workbench.
        chosen: which scans; if None, all.
        target: where the file shall be; it appears there complete or not at all.
        who: the person, for the audit trail.
        on_progress: called after each scan.
        files: names of the person's own files, as for `write_labels`.

    Returns:
        `target`, which holds `labels.csv` as of `write_labels`, and `images/S-….png`; and which
        pictures are gone or damaged. `left out.txt` in the archive says it as well.

    Raises:
        NotPermittedError: the person may not export.
    """
    who = workbench.permit(Permission.EXPORT, who)
    expected, done = count(workbench, chosen), 0
    left_out: list[str] = []
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}-{uuid.uuid4().hex}")
    labels = draft.with_name(f"{draft.name}.csv")
    try:
        # The images are packed already: a second packing costs time and saves nothing.
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            with labels.open("w", encoding="utf-8", newline="") as text:
                table = _Table(workbench, text, files)
                for done, line in enumerate(_lines(workbench, chosen), start=1):
                    table.write(line)
                    _add_picture(workbench, archive, line, left_out)
                    on_progress(Progress(done, max(done, expected)))
            archive.write(labels, "labels.csv", zipfile.ZIP_DEFLATED)
            if left_out:
                archive.writestr(LEFT_OUT, "".join(f"{sentence}\n" for sentence in left_out))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
        labels.unlink(missing_ok=True)
    with workbench.store.session() as session:
        workbench.tell(session, EventKind.EXPORTED, who, what="scans", scans=done)
        audit.record(session, who, "export scans", scans=done)
    return Exported(target, tuple(left_out))


def _add_picture(
    workbench: Workbench, archive: zipfile.ZipFile, line: _Line, left_out: list[str]
) -> None:
    try:
        picture = read_picture(workbench.blobs, line.blob, line.digest)
    except BlobError:
        left_out.append(str(DamagedScanError(line.view.name)))
    else:
        archive.writestr(f"images/{_image(line.view)}", picture)


def _lines(workbench: Workbench, chosen: ScanFilter | None) -> Iterator[_Line]:
    """Read the chosen scans in the order in which they were stored, each once."""
    chosen = chosen or ScanFilter()
    after: int | None = 0
    while after is not None:
        with workbench.store.reading() as session:
            numbers, after = find_stored_after(session, chosen, after, _AT_ONCE)
            told = _extras(session, numbers)
            shown = views(session, numbers)
        for view in shown:
            row = told[view.id]
            yield _Line(
                view, row.blob, row.digest, row.file_key, row.split or "", row.unfamiliarity
            )


def _extras(session: Session, numbers: Sequence[int]) -> dict[int, Any]:
    """What only an export tells of scans, by their numbers."""
    query = (
        select(
            ScanRow.id,
            ScanRow.blob,
            ScanRow.digest,
            ScanRow.file_key,
            Patient.split,
            PredictionRow.unfamiliarity,
        )
        .join(Patient, Patient.id == ScanRow.patient_id)
        .join(ScanState, ScanState.scan_id == ScanRow.id)
        .outerjoin(PredictionRow, PredictionRow.id == ScanState.prediction_id)
        .where(any_of(ScanRow.id, numbers))
    )
    return {row.id: row for row in session.execute(query)}


def _image(scan: ScanView) -> str:
    return f"{scan.name}.png"


class _Table:
    """The table of an export, written line by line."""

    def __init__(self, workbench: Workbench, target: TextIO, files: Iterable[str] | None) -> None:
        self._writer = csv.writer(target, lineterminator="\n")
        self._names: Mapping[str, str] | None = None
        if files is not None:
            self._names = own_names(workbench.pseudonyms, files, partial(_stored_keys, workbench))
        self._writer.writerow(HEADER if self._names is None else (*HEADER, FILE))

    def write(self, line: _Line) -> None:
        """Add a scan."""
        cells = _cells(line)
        if self._names is not None:
            cells = (*cells, safe_cell(self._names.get(line.key or "", "")))
        self._writer.writerow(cells)


def _stored_keys(workbench: Workbench, keys: Sequence[str]) -> set[str]:
    """Which keyed hashes of file names belong to stored scans."""
    with workbench.store.reading() as session:
        found = session.scalars(select(ScanRow.file_key).where(ScanRow.file_key.in_(keys)))
        return {key for key in found if key is not None}


def _cells(line: _Line) -> tuple[str, ...]:
    scan = line.view
    return (
        _image(scan),
        scan.label or "",
        scan.patient,
        safe_cell(scan.labelled_by or ""),
        _time(scan.labelled_at),
        scan.predicted or "",
        "" if scan.confidence is None else f"{scan.confidence:.4f}",
        safe_cell(scan.model_name or ""),
        safe_cell(scan.note),
        scan.doubt or "",
        "" if line.unfamiliarity is None else f"{line.unfamiliarity:.4f}",
        line.split,
        scan.source,
        safe_cell(scan.machine or ""),
        *opinion_cells(scan.second_opinion),
    )


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
