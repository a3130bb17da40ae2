"""Brings scans in from a folder, an archive or a table: with labels, and in bounded memory."""

from collections.abc import Callable, Sequence
from pathlib import Path

from fetal.jobs.batches.batch_lease import at_work
from fetal.jobs.batches.batch_queue import begin_batch
from fetal.progress import OnProgress, Progress, no_progress
from fetal.store.states import BatchKind, RunState
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.imports.import_report import ImportReport
from fetal.workbench.imports.labelled_files import LabelledImport
from fetal.workbench.imports.recognise import ImportPlan, Kind, Planned, plan
from fetal.workbench.ingest.deid_policy import DeidentificationPolicy
from fetal.workbench.ingest.file_sources import NoFolderError, Source, open_source
from fetal.workbench.ingest.files import IngestOutcome, UploadedFile
from fetal.workbench.ingest.quarantine import Quarantine
from fetal.workbench.label_tables.columns import Columns
from fetal.workbench.label_tables.label_table import read_table_file

__all__ = [
    "NoFolderError",
    "import_csv",
    "import_folder",
    "import_scans",
    "plan_import",
]

Place = Path | Sequence[UploadedFile]

_ACTIONS = {
    Kind.FOLDERS: "import folder",
    Kind.UNLABELLED: "import scans",
    Kind.HC18: "import HC18",
    Kind.TABLE: "import table",
    Kind.FETAL_PLANES: "import table",
}


def plan_import(
    place: Place | None,
    *,
    table: Path | bytes | None = None,
    columns: Columns | None = None,
    unlabelled: bool = False,
) -> ImportPlan:
    """Recognise what an import would bring; no scan is read.

    Args:
        place: a folder, a ZIP archive or a DICOMDIR on this computer, or files; none labels
            stored scans only.
        table: a table of labels, or its content; none looks for one among the files.
        columns: what the table's columns hold; if None, guessed.
        unlabelled: take all files as scans without labels.

    Returns:
        Which file would be taken with which label, and what is missing or left out.

    Raises:
        LabelTableError: the table cannot be read.
        NoFolderError: there is no such folder or archive.
    """
    source = open_source(place) if place is not None else Source()
    content = read_table_file(table) if isinstance(table, Path) else table
    return plan(source, table=content, columns=columns, unlabelled=unlabelled)


def import_scans(
    workbench: Workbench,
    planned: ImportPlan,
    who: str,
    *,
    patient: str | None = None,
    dry_run: bool = False,
    unsure: DeidentificationPolicy | None = None,
    quarantine: Quarantine | None = None,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
) -> ImportReport:
    """Import what was planned.

    Scans go the way of `Ingest`, as those of a drop do, so that memory does not grow with their
    number. A stopped or killed import keeps what it stored; given again, it finds that “already
    there” and goes on with the rest.

    An image that is not there is named in the report, unless a stored scan came from a file of
    that name: then that scan gets the label. A label is added where it differs from the scan's
    own; but a scan that got this label by an import before keeps what a person said since.
    Patients whose images a table of FETAL_PLANES_DB keeps out of training go to the test split,
    unless they are in a split already.

    Args:
        workbench: the workbench.
        planned: as `plan_import` gives it.
        who: the person.
        patient: the patient of files that name none; if None, one unknown patient for all.
        dry_run: read everything and write nothing.
        unsure: what becomes of scans on which text may be left; if None, what the environment
            says.
        quarantine: where they wait, with their labels, until somebody can be asked; without one,
            to ask means to set aside: not to store them, and to name them in the report.
        on_progress: called at the start, and after each image.
        stop: asked again and again; once it is true, the images that are not being predicted yet
            are left.

    Returns:
        What it brought.

    Raises:
        NotPermittedError: the person may not import.
    """
    who = workbench.permit(Permission.IMPORT, who)
    work = LabelledImport(
        workbench, who, patient, dry_run=dry_run, unsure=unsure, quarantine=quarantine
    )
    if dry_run:
        return _perform(planned, work, on_progress, stop)
    title = f"Import {planned.kind.value}"
    lease = begin_batch(workbench.store, BatchKind.IMPORT, title, who)
    with at_work(lease):
        report = _perform(
            planned,
            work,
            lease.beside(on_progress),
            lambda: lease.stop() or (stop is not None and stop()),
        )
        for place, taken in enumerate(report.taken, start=1):
            if taken.outcome is IngestOutcome.REFUSED:
                lease.set_aside(place, taken.sentence)
        lease.on_progress(Progress(len(report.taken), len(planned.images)))
        if report.stopped:
            lease.end_as(RunState.CANCELLED)
    return report


def _perform(
    planned: ImportPlan,
    work: LabelledImport,
    on_progress: OnProgress,
    stop: Callable[[], bool] | None,
) -> ImportReport:
    report = work.report
    report.kind = planned.kind.value
    report.left_out += planned.refused
    report.missing += planned.missing
    report.unlisted += planned.unlisted
    report.masks = planned.masks
    report.notes += planned.notes
    on_progress(Progress(0, len(planned.images)))
    _read(planned.images, work, on_progress, stop)
    if not report.stopped:
        work.stored(planned.stored)
    return work.finish(_ACTIONS[planned.kind])


def import_folder(
    workbench: Workbench,
    folder: Place,
    who: str,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
) -> ImportReport:
    """Import a labelled folder or archive: a known data set, or one subfolder for each plane.

    Args:
        workbench: the workbench.
        folder: holds `brain`, `Fetal abdomen` and so on (`unusable` is known too), or a table of
            labels with its images, or HC18; a folder, a ZIP archive, or files.
        who: the person.
        on_progress: called after each image.
        stop: asked before each image; true ends the import there.

    Returns:
        What it brought.

    Raises:
        NoFolderError: there is no such folder or archive.
    """
    return import_scans(workbench, plan_import(folder), who, on_progress=on_progress, stop=stop)


def import_csv(
    workbench: Workbench,
    table: Path | bytes,
    images: Place | None,
    who: str,
    on_progress: OnProgress = no_progress,
    columns: Columns | None = None,
    stop: Callable[[], bool] | None = None,
) -> ImportReport:
    """Import a table of labels with the images that are there (`import_scans`).

    Args:
        workbench: the workbench.
        table: a CSV file or its content, as `read_label_table` takes it.
        images: the folder or archive of the images, or the files; none labels stored scans only.
        who: the person.
        on_progress: called after each image.
        columns: what the table's columns hold; if None, guessed.
        stop: asked before each image; true ends the import there.

    Returns:
        What it brought.

    Raises:
        LabelTableError: the table cannot be read.
        NoFolderError: there is no such folder or archive.
    """
    planned = plan_import(images, table=table, columns=columns)
    return import_scans(workbench, planned, who, on_progress=on_progress, stop=stop)


def _read(
    images: Sequence[Planned],
    work: LabelledImport,
    on_progress: OnProgress,
    stop: Callable[[], bool] | None,
) -> None:
    """Bring images in, or look at them, until all are through or somebody stops it."""
    done = 0
    for count in work.look_at(images, stop) if work.report.dry_run else work.take(images, stop):
        for _ in range(count):
            done += 1
            on_progress(Progress(done, len(images)))
    work.report.stopped = done < len(images)
