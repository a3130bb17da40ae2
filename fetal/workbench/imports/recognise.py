"""Recognises what an import brings, and plans it: which file with which plane and patient.

Known are a folder for each plane; a table of labels with its images, among them FETAL_PLANES_DB
(Burgos-Artizzu et al. 2020, https://zenodo.org/records/3904280); and HC18 (van den Heuvel et al.
2018, https://zenodo.org/records/1327317).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from fetal.planes import Plane
from fetal.scans import ScanError
from fetal.workbench.imports.folder_layout import read_layout
from fetal.workbench.imports.image_index import PictureIndex
from fetal.workbench.imports.matching import match
from fetal.workbench.ingest.file_sources import Source, SourceFile
from fetal.workbench.label_tables.columns import Columns
from fetal.workbench.label_tables.label_table import (
    LabelRow,
    LabelTableError,
    open_label_table,
    read_table_file,
)
from fetal.workbench.label_tables.table_notes import table_notes
from fetal.workbench.label_tables.table_text import TableTooLargeError

_HC18 = re.compile(r"(\d+)_\d*HC\.png", re.IGNORECASE)
_SPREADSHEET = (
    "“{}” is not read. If it holds the labels, open it in a spreadsheet program, save it as CSV, "
    "and import the scans again."
)
_TABLES = 100
"""How many tables among the files are looked at for labels."""
_HC18_MASK = re.compile(r"\d+_\d*HC_Annotation\.png", re.IGNORECASE)


class Kind(StrEnum):
    """What an import brings, in words for a person."""

    HC18 = "the data set HC18 (all fetal heads)"
    FETAL_PLANES = "the data set FETAL_PLANES_DB"
    TABLE = "a table of labels"
    FOLDERS = "a folder for each plane"
    UNLABELLED = "scans without labels"


@dataclass(frozen=True)
class Planned:
    """A file with what is known of it.

    Attributes:
        piece: the file.
        row: what its table, its folder or its data set says of it.
        label: a plane's value or `unusable`; none where it has no label.
    """

    piece: SourceFile
    row: LabelRow
    label: str | None


@dataclass
class ImportPlan:
    """What an import would take, before a scan is read.

    Attributes:
        kind: what it was recognised as.
        images: the files to take, in order.
        stored: lines whose image is not at hand; a stored scan may have come from it.
        missing: names of images that are listed and not there.
        refused: name and sentence of what is left out.
        unlisted: names of files that the table does not list; they stay out.
        masks: how many files of the data set are no scans.
        columns: what the columns of its table hold; none where there is no table.
        headers: the names of the table's columns.
        notes: what a person should know of how it was understood, as sentences.
    """

    kind: Kind
    images: list[Planned] = field(default_factory=list)
    stored: list[tuple[LabelRow, str | None]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    masks: int = 0
    columns: Columns | None = None
    headers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def planes(self) -> Counter[str | None]:
        """How many files have which label."""
        return Counter(planned.label for planned in self.images)

    def kept_to_test(self) -> int:
        """How many files their table keeps out of training."""
        return sum(planned.row.test for planned in self.images)

    def patients(self) -> int:
        """How many patients the table, or the data set, names."""
        return len({planned.row.patient for planned in self.images} - {None})


def plan(
    source: Source,
    *,
    table: bytes | None = None,
    columns: Columns | None = None,
    unlabelled: bool = False,
) -> ImportPlan:
    """Recognise a source and plan its import.

    Args:
        source: the files.
        table: a table of labels that came beside them; none looks for one among them.
        columns: what the table's columns hold; if None, guessed.
        unlabelled: take all files as scans without labels.

    Returns:
        What would be taken.

    Raises:
        LabelTableError: the given table cannot be read.
    """
    if unlabelled:
        made = plan_unlabelled(source)
    elif table is not None:
        made = plan_table(table, source, columns)
    elif _is_hc18(source):
        made = plan_hc18(source)
    else:
        made = _table_inside(source, columns) or plan_folders(source)
        if made.columns is None:
            made.notes += [_SPREADSHEET.format(name) for name in source.spreadsheets]
    made.refused[:0] = source.refused
    made.missing += source.missing
    return made


def plan_unlabelled(source: Source) -> ImportPlan:
    """Plan to take every file without a label."""
    rows = [_row(at, piece) for at, piece in enumerate(source.pieces, start=1)]
    images = [Planned(*pair, None) for pair in zip(source.pieces, rows, strict=True)]
    return ImportPlan(Kind.UNLABELLED, images)


def plan_folders(source: Source) -> ImportPlan:
    """Plan to take a folder for each plane, named by it (`folder_layout`)."""
    layout = read_layout(source.pieces)
    images = [
        Planned(one.piece, _row(number, one.piece, test=one.test), one.label)
        for number, one in enumerate(layout.images, start=1)
    ]
    return ImportPlan(Kind.FOLDERS, images, refused=layout.refused)


def plan_hc18(source: Source) -> ImportPlan:
    """Plan to take HC18: fetal heads, whose outlines are no scans, several of one patient."""
    made = ImportPlan(Kind.HC18)
    for piece in source.pieces:
        named = _HC18.fullmatch(piece.name)
        if named is not None:
            # Both of its parts count their patients from 0.
            part = "test" if "test" in PurePosixPath(piece.label).parent.name else "training"
            row = _row(len(made.images) + 1, piece, f"HC18-{part}-{int(named.group(1)):03d}")
            made.images.append(Planned(piece, row, Plane.BRAIN.value))
        elif _HC18_MASK.fullmatch(piece.name):
            made.masks += 1
        else:
            made.refused.append((piece.label, "It is no file that HC18 holds."))
    return made


def plan_table(data: bytes, source: Source | None, columns: Columns | None = None) -> ImportPlan:
    """Plan to take a table of labels with the images that are there.

    Args:
        data: the table.
        source: the images; none labels stored scans only.
        columns: what its columns hold; if None, guessed.

    Returns:
        The plan.

    Raises:
        LabelTableError: the table cannot be read.
    """
    table = open_label_table(data)
    mapped = table.mapped(columns)
    index = PictureIndex(source.pieces if source is not None else None)
    kind = Kind.FETAL_PLANES if _is_fetal_planes(table.names) else Kind.TABLE
    made = ImportPlan(kind, columns=mapped, headers=table.names, notes=table_notes(table, mapped))
    matches = match(table.rows(mapped), index)
    made.refused += [(one.row.image, one.sentence) for one in matches.refused]
    for one in matches.found:
        if one.piece is not None:
            made.images.append(Planned(one.piece, one.row, one.label))
        elif one.label is not None or one.row.exported is not None:
            made.stored.append((one.row, one.label))
        else:
            made.missing.append(one.row.image)
    listed = {planned.piece.label for planned in made.images}
    pieces = source.pieces if source is not None else []
    made.unlisted = [piece.label for piece in pieces if piece.label not in listed]
    return made


def _table_inside(source: Source, columns: Columns | None) -> ImportPlan | None:
    """The plan by the first table among the files that is one of labels."""
    # A table of labels lies beside the folders of its images, or above them.
    tables = sorted(source.tables, key=lambda table: table.label.count("/"))
    for table in tables[:_TABLES]:
        try:
            content = table.read() if table.path is None else read_table_file(table.path)
            made = plan_table(content, source, columns)
        except TableTooLargeError as error:
            source.refused.append((table.label, str(error)))
            continue
        except (LabelTableError, ScanError, OSError):
            # Any other table, such as one of measurements.
            continue
        if made.images:
            return made
    return None


def _is_hc18(source: Source) -> bool:
    named = sum(_HC18.fullmatch(piece.name) is not None for piece in source.pieces)
    masks = sum(_HC18_MASK.fullmatch(piece.name) is not None for piece in source.pieces)
    return named > 0 and 2 * (named + masks) > len(source.pieces)


def _is_fetal_planes(names: Sequence[str]) -> bool:
    return {"image_name", "patient_num"} <= {name.strip().lower() for name in names}


def _row(
    line: int, piece: SourceFile, patient: str | None = None, *, test: bool = False
) -> LabelRow:
    return LabelRow(line, piece.name, "", patient, None, test=test)
