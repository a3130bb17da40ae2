"""Takes labels and scans out of the workspace."""

import csv
import io
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from fetal.progress import OnProgress, Progress, no_progress
from fetal.store import audit
from fetal.store.blobs import BlobError
from fetal.store.contents import read_picture
from fetal.store.tables import Patient, PredictionRow, ScanRow
from fetal.workbench.catalogue.own_file_names import own_names
from fetal.workbench.catalogue.query import ScanFilter, scan_query
from fetal.workbench.catalogue.scans import ScanView, scans
from fetal.workbench.catalogue.stored_pixels import DamagedScanError
from fetal.workbench.core.champion import champion_id
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_tables.export_format import FILE, HEADER, safe_cell

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
    """Write the chosen scans as a table that `import_csv` reads again.

    Args:
        workbench: the workbench.
        chosen: which scans; if None, all. Those without a label have an empty plane.
        who: the person, for the audit trail.
        files: names of the person's own files, to be written beside the scans that came from
            them; they are not kept. If None, the table has no column for them.

    Returns:
        A CSV: image name, plane, patient's pseudonym, annotator, time (UTC, ISO 8601), the
        model's plane, its probability, the model, the note, the doubt (sure, check, or unknown
        where the model does not know the scan), the unfamiliarity (1 is where unknown begins), the
        split (train, validation or test, once the patient has one), the source and the machine.
    """
    found = _lines(workbench, chosen)
    with workbench.store.session() as session:
        audit.record(session, who, "export labels", scans=len(found))
    return _table(workbench, found, files)


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
        files: names of the person's own files, as for `export_labels`.

    Returns:
        `target`, which holds `labels.csv` as of `export_labels`, and `images/S-….png`; and which
        pictures are gone or damaged. `left out.txt` in the archive says it as well.
    """
    found = _lines(workbench, chosen)
    left_out: list[str] = []
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}-{uuid.uuid4().hex}")
    try:
        # The images are packed already: a second packing costs time and saves nothing.
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("labels.csv", _table(workbench, found, files), zipfile.ZIP_DEFLATED)
            for done, line in enumerate(found, start=1):
                try:
                    picture = read_picture(workbench.blobs, line.blob, line.digest)
                except BlobError:
                    left_out.append(str(DamagedScanError(line.view.name)))
                else:
                    archive.writestr(f"images/{_image(line.view)}", picture)
                on_progress(Progress(done, len(found)))
            if left_out:
                archive.writestr(LEFT_OUT, "".join(f"{sentence}\n" for sentence in left_out))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    with workbench.store.session() as session:
        audit.record(session, who, "export scans", scans=len(found))
    return Exported(target, tuple(left_out))


def _lines(workbench: Workbench, chosen: ScanFilter | None) -> list[_Line]:
    chosen = replace(chosen or ScanFilter(), order="oldest")
    with workbench.store.reading() as session:
        query = scan_query(
            chosen,
            champion_id(session),
            ScanRow.id,
            ScanRow.blob,
            ScanRow.digest,
            ScanRow.file_key,
            Patient.split,
            PredictionRow.unfamiliarity,
        )
        told = {row.id: row for row in session.execute(query)}
    return [
        _Line(view, row.blob, row.digest, row.file_key, row.split or "", row.unfamiliarity)
        for view in scans(workbench, chosen)
        # A scan may come in between the two questions.
        if (row := told.get(view.id)) is not None
    ]


def _image(scan: ScanView) -> str:
    return f"{scan.name}.png"


def _table(workbench: Workbench, lines: Sequence[_Line], files: Iterable[str] | None) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if files is None:
        writer.writerow(HEADER)
        writer.writerows(_cells(line) for line in lines)
        return text.getvalue()
    names = own_names(workbench.pseudonyms, files, (line.key for line in lines if line.key))
    writer.writerow((*HEADER, FILE))
    writer.writerows((*_cells(line), safe_cell(names.get(line.key or "", ""))) for line in lines)
    return text.getvalue()


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
    )


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
