"""Takes labels and scans out of the workspace."""

import io
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from fetal.progress import OnProgress, Progress, no_progress
from fetal.store import audit
from fetal.store.access.audit_chain import EventKind
from fetal.store.blobs import BlobError
from fetal.store.contents import read_picture
from fetal.workbench.catalogue.export_table import (
    ExportLine,
    ExportTable,
    export_lines,
    image_name,
)
from fetal.workbench.catalogue.query import ScanFilter
from fetal.workbench.catalogue.scans import count
from fetal.workbench.catalogue.stored_pixels import DamagedScanError
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

_PART = 64_000
"""Characters of a table that are sent at once."""

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
    table = ExportTable(workbench, target, files)
    count = 0
    for line in export_lines(workbench, chosen):
        table.write(line)
        count += 1
    _tell(workbench, who, "labels", count)
    return count


def stream_labels(
    workbench: Workbench, chosen: ScanFilter | None, who: str, files: Iterable[str] | None = None
) -> Iterator[str]:
    """Return the table of `write_labels` in parts, as it is read.

    Args:
        workbench: the workbench.
        chosen: as for `write_labels`.
        who: as for `write_labels`.
        files: as for `write_labels`.

    Raises:
        NotPermittedError: the person may not export.
    """
    return _parts(workbench, chosen, workbench.permit(Permission.EXPORT, who), files)


def _parts(
    workbench: Workbench, chosen: ScanFilter | None, who: str, files: Iterable[str] | None
) -> Iterator[str]:
    text, count = io.StringIO(), 0
    table = ExportTable(workbench, text, files)
    try:
        for line in export_lines(workbench, chosen):
            table.write(line)
            count += 1
            if text.tell() > _PART:
                yield text.getvalue()
                text.seek(text.truncate(0))
        yield text.getvalue()
    finally:
        # Whoever leaves before the end has what was sent until then.
        _tell(workbench, who, "labels", count)


def _tell(workbench: Workbench, who: str, what: str, scans: int) -> None:
    with workbench.store.session() as session:
        workbench.tell(session, EventKind.EXPORTED, who, what=what, scans=scans)
        audit.record(session, who, f"export {what}", scans=scans)


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
                table = ExportTable(workbench, text, files)
                for done, line in enumerate(export_lines(workbench, chosen), start=1):
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
    _tell(workbench, who, "scans", done)
    return Exported(target, tuple(left_out))


def _add_picture(
    workbench: Workbench, archive: zipfile.ZipFile, line: ExportLine, left_out: list[str]
) -> None:
    try:
        picture = read_picture(workbench.blobs, line.blob, line.digest)
    except BlobError:
        left_out.append(str(DamagedScanError(line.view.name)))
    else:
        archive.writestr(f"images/{image_name(line.view)}", picture)
