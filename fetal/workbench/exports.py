"""Takes labels and scans out of the workspace."""

import csv
import io
import uuid
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from fetal.store import audit
from fetal.store.blobs import BlobError
from fetal.store.contents import read_picture
from fetal.store.tables import Scan
from fetal.workbench.bench import Workbench
from fetal.workbench.query import ScanFilter
from fetal.workbench.stored import DamagedScanError
from fetal.workbench.views import ScanView, scans

LEFT_OUT = "left out.txt"
"""Where an archive says which pictures are not in it."""
HEADER = (
    "image",
    "plane",
    "patient",
    "annotator",
    "time",
    "model_plane",
    "model_probability",
    "model",
    "note",
)


def export_labels(bench: Workbench, chosen: ScanFilter | None = None, who: str = "") -> str:
    """Write the chosen scans as a table that `import_csv` reads again.

    Args:
        bench: the workbench.
        chosen: which scans; none is all. Those without a label have an empty plane.
        who: the person, for the audit trail.

    Returns:
        A CSV: image name, plane, patient's pseudonym, annotator, time (UTC, ISO 8601), and the
        model's plane, its probability, the model and the note.
    """
    found = scans(bench, _by_name(chosen))
    with bench.store.session() as session:
        audit.record(session, who, "export labels", scans=len(found))
    return _table(found)


def export_archive(
    bench: Workbench,
    chosen: ScanFilter | None,
    target: Path,
    who: str = "",
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the chosen scans with their labels as a ZIP file.

    Args:
        bench: the workbench.
        chosen: which scans; none is all.
        target: where the file shall be; it appears there complete or not at all.
        who: the person, for the audit trail.
        on_progress: told after each scan how many are done, of how many.

    Returns:
        `target`: `labels.csv` as of `export_labels`, and `images/S-….png`. If a picture is gone or
        damaged, `left out.txt` says of which scan, and what to do; the others are there.
    """
    found = scans(bench, _by_name(chosen))
    with bench.store.reading() as session:
        rows = session.execute(select(Scan.id, Scan.blob, Scan.digest))
        stored = {row.id: (row.blob, row.digest) for row in rows}
    left_out: list[str] = []
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}-{uuid.uuid4().hex}")
    try:
        # The images are packed already: a second packing costs time and saves nothing.
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("labels.csv", _table(found), zipfile.ZIP_DEFLATED)
            for done, scan in enumerate(found, start=1):
                try:
                    picture = read_picture(bench.blobs, *stored[scan.id])
                except (BlobError, KeyError):
                    left_out.append(f"{DamagedScanError(scan.name)}\n")
                else:
                    archive.writestr(f"images/{_image(scan)}", picture)
                if on_progress is not None:
                    on_progress(done, len(found))
            if left_out:
                archive.writestr(LEFT_OUT, "".join(left_out))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    with bench.store.session() as session:
        audit.record(session, who, "export scans", scans=len(found))
    return target


def _by_name(chosen: ScanFilter | None) -> ScanFilter:
    return replace(chosen or ScanFilter(), order="oldest")


def _image(scan: ScanView) -> str:
    return f"{scan.name}.png"


def _table(found: Sequence[ScanView]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for scan in found:
        writer.writerow(
            (
                _image(scan),
                scan.label or "",
                scan.patient,
                safe_cell(scan.labelled_by or ""),
                _time(scan.labelled_at),
                scan.predicted or "",
                "" if scan.confidence is None else f"{scan.confidence:.4f}",
                safe_cell(scan.model_name or ""),
                safe_cell(scan.note),
            )
        )
    return text.getvalue()


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")


def safe_cell(text: str) -> str:
    """Keep a spreadsheet from taking what a person wrote for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
