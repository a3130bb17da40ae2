"""Brings labelled scans in: a folder for each plane, or a table of labels with its images."""

from collections.abc import Callable, Sequence
from pathlib import Path

from fetal.workbench.bench import Workbench
from fetal.workbench.labelled_intake import ImportReport, LabelledIntake
from fetal.workbench.picture_index import AmbiguousImageError, PictureIndex, scan_files
from fetal.workbench.tables_of_labels import LabelRow, read_label_table
from fetal.workbench.taking import Incoming

Progress = Callable[[int, int], None]


class NoFolderError(FileNotFoundError):
    """There is no such folder."""


def import_folder(
    bench: Workbench, folder: Path, who: str, on_progress: Progress | None = None
) -> ImportReport:
    """Import a folder with one subfolder for each plane, named by it.

    Args:
        bench: the workbench.
        folder: holds `brain`, `Fetal abdomen` and so on; `unusable` is known too.
        who: the person.
        on_progress: told after each image how many are done, of how many.

    Returns:
        What it brought.

    Raises:
        NoFolderError: there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NoFolderError(f"There is no folder “{folder}” on this computer.")
    work = LabelledIntake(bench, who)
    named: list[tuple[Path, str]] = []
    for place in sorted(path for path in folder.iterdir() if not path.name.startswith(".")):
        files = scan_files(place) if place.is_dir() else []
        if not files:
            continue
        label = work.label_of(place.name, f"The folder “{place.name}” was left out")
        named += [(path, label) for path in files if label is not None]
    if not named and not work.report.refused:
        work.report.refused.append(
            "Expected a folder for each plane, such as “brain” and “abdomen”, with images in "
            "them; found none."
        )
    for done, (path, label) in enumerate(named, start=1):
        row = LabelRow(done, path.name, label, None, None, test=False)
        work.image(path, row, label)
        if on_progress is not None:
            on_progress(done, len(named))
    return work.finish("import folder")


def import_csv(
    bench: Workbench,
    table: Path | bytes,
    images: Path | Sequence[Incoming] | None,
    who: str,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Import a table of labels with the images that are there.

    An image that is not there is named in the report, unless a stored scan came from a file of
    that name: then that scan gets the label. A label is added where it differs from the scan's
    own; but a scan that got this label by an import before keeps what a person said since.
    Patients whose images a table of FETAL_PLANES_DB keeps out of training go to the test side,
    unless they are on a side already.

    Args:
        bench: the workbench.
        table: a CSV file or its content, as `read_label_table` takes it.
        images: the folder of the images, or the files; none labels stored scans only.
        who: the person.
        on_progress: told after each image how many are done, of how many.

    Returns:
        What it brought.

    Raises:
        LabelTableError: the table cannot be read.
        NoFolderError: there is no such folder.
    """
    if isinstance(images, Path) and not images.is_dir():
        raise NoFolderError(f"There is no folder “{images}” on this computer.")
    rows = read_label_table(table if isinstance(table, bytes) else Path(table).read_bytes())
    work = LabelledIntake(bench, who)
    index = PictureIndex(images)
    at_hand: list[tuple[Path | Incoming, LabelRow, str | None]] = []
    stored: list[tuple[LabelRow, str]] = []
    for row in rows:
        if not row.image:
            work.report.refused.append(f"Line {row.line} names no image.")
            continue
        label = work.label_of(row.plane, f"Line {row.line} was left out") if row.plane else None
        if row.plane and label is None:
            continue
        try:
            picture = index.find(row.image)
        except AmbiguousImageError as error:
            work.report.refused.append(f"Line {row.line}: {error}")
            continue
        if picture is not None:
            at_hand.append((picture, row, label))
        elif label is not None:
            stored.append((row, label))
        else:
            work.report.missing.append(row.image)
    for done, (picture, row, label) in enumerate(at_hand, start=1):
        work.image(picture, row, label)
        if on_progress is not None:
            on_progress(done, len(at_hand))
    work.stored(stored)
    return work.finish("import table")
