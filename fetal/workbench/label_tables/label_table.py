"""Reads tables of labels: image, plane and patient, or the table of FETAL_PLANES_DB."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

from fetal.scans.deidentification.placeholders import is_placeholder
from fetal.workbench.label_tables.cells import (
    UnclearCellError,
    cleaned,
    identifier,
    is_empty,
    kept_to_test,
)
from fetal.workbench.label_tables.columns import Columns, guess_columns, says_which_test
from fetal.workbench.label_tables.exported_rows import ExportedRow, exported_row, is_export
from fetal.workbench.label_tables.table_text import LabelTableError, TableText, check_table_bytes

__all__ = [
    "LabelRow",
    "LabelTable",
    "LabelTableError",
    "open_label_table",
    "read_label_table",
    "read_table_file",
]

_NUMBER = "patient_num"
_DIGITS = 18
"""A number of more digits is no patient's, and of some thousands could not even be read."""
_LOOKED_AT = 200
"""Lines from which columns are guessed."""
_OPERATOR = re.compile(r"op(erator)?\.? ?\d{1,4}|\d{1,4}|other", re.IGNORECASE)
"""Codes, as FETAL_PLANES_DB writes them: a name would be somebody's."""


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One line of a table of labels.

    Attributes:
        line: its number in the file, from 1.
        image: the image's name, as written.
        plane: the plane, as written; empty where there is no label.
        patient: the patient's identifier, where the table tells it.
        machine: the ultrasound machine, where the table tells it.
        operator: the code of who scanned, where the table tells it; a name is not taken.
        test: true where the table keeps the image out of training (`Train` = 0).
        exported: what else an export of this program tells; None in any other table.
        unclear: why the line cannot be used, as the end of a sentence; None where it can.
    """

    line: int
    image: str
    plane: str
    patient: str | None
    machine: str | None
    test: bool
    operator: str | None = None
    exported: ExportedRow | None = None
    unclear: str | None = None


class LabelTable:
    """A table of labels whose columns are not yet decided on.

    Args:
        text: its header and its lines.

    Attributes:
        names: its header.
        guess: what its columns seem to hold.

    Raises:
        LabelTableError: its first lines cannot be read.
    """

    def __init__(self, text: TableText) -> None:
        self._text = text
        self.names = text.names
        some = [cells for _, cells in islice(text.lines(), _LOOKED_AT)]
        self.guess = guess_columns(self.names, some)

    @cached_property
    def lines(self) -> list[tuple[int, list[str]]]:
        """Its lines that hold anything, each with its number in the file."""
        return list(self._text.lines())

    def column(self, name: str | None) -> Iterator[str]:
        """Return the cells of a column, in the order of the lines; empty where a line is short.

        Args:
            name: its header; None has no cells.
        """
        if name is None:
            return
        at = self.names.index(name)
        for _, cells in self.lines:
            yield cells[at] if at < len(cells) else ""

    def mapped(self, columns: Columns | None = None) -> Columns:
        """Decide on the columns.

        Args:
            columns: what a person said; what is none is guessed, and an empty name stands for
                no column.

        Returns:
            The mapping, with an image and a plane.

        Raises:
            LabelTableError: nothing says which column holds the image or the plane.
        """
        said = {
            name: column
            for name, column in asdict(columns or Columns()).items()
            if column is not None
        }
        # A column that a person gave another meaning keeps no guessed one.
        guessed = {
            name: None if column in said.values() else column
            for name, column in asdict(self.guess).items()
        }
        mapped = Columns(**{name: column or None for name, column in (guessed | said).items()})
        if mapped.image is None or mapped.plane is None:
            names = ", ".join(name.strip().lower() for name in self.names)[:200]
            raise LabelTableError(
                f"Expected a table whose first line names the columns image and plane; received "
                f"the columns {names or 'of an empty file'}. Rename the columns, or say which "
                f"column holds what, and import the table again."
            )
        return mapped

    def rows(self, columns: Columns) -> list[LabelRow]:
        """Return its lines.

        Args:
            columns: which column holds what.
        """
        rows = _Rows(self.names, columns, counted=self.counts_patients(columns))
        made = [rows.row(line, cells) for line, cells in self.lines]
        return self._as_exported(made) if is_export(self.names) else made

    def _as_exported(self, rows: list[LabelRow]) -> list[LabelRow]:
        told = [exported_row(self.names, cells) for _, cells in self.lines]
        return [
            replace(row, exported=one, test=row.test or one.test)
            for row, one in zip(rows, told, strict=True)
        ]

    def counts_patients(self, columns: Columns) -> bool:
        """Return whether its patients are numbered from 0, so that 0 is a patient like any other.

        Args:
            columns: which column holds what.
        """
        return any(identifier(cell).lstrip("0") == "1" for cell in self.column(columns.patient))


def read_label_table(data: bytes, columns: Columns | None = None) -> list[LabelRow]:
    """Read a table of labels.

    Args:
        data: a CSV, separated by commas, semicolons or tabs, with a header. It needs columns for
            the image and the plane, and may have others (`columns.MEANINGS`); or it is the table
            of FETAL_PLANES_DB (Burgos-Artizzu et al. 2020, https://zenodo.org/records/3904280),
            with `Image_name`, `Patient_num`, `Plane`, `Operator`, `US_Machine` and `Train`.
        columns: which column holds what; none, or one that is none, is guessed.

    Returns:
        Its lines.

    Raises:
        LabelTableError: it is no such table.

    Example:
        >>> read_label_table(b"image,plane\\na.png,Fetal brain\\n")[0].plane
        'Fetal brain'
    """
    table = open_label_table(data)
    return table.rows(table.mapped(columns))


def open_label_table(data: bytes) -> LabelTable:
    """Read a table's first lines and guess what its columns hold.

    Args:
        data: as `read_label_table` takes it.

    Returns:
        The table.

    Raises:
        LabelTableError: it is no table at all.
    """
    return LabelTable(TableText(data))


def read_table_file(path: Path) -> bytes:
    """Read a table's file, unless it is too large.

    Args:
        path: where it lies.

    Returns:
        Its content.

    Raises:
        LabelTableError: it is too large.
        OSError: it cannot be read.
    """
    check_table_bytes(path.stat().st_size)
    return path.read_bytes()


class _Rows:
    """Makes rows of lines, by the columns that a person or a guess said."""

    def __init__(self, names: Sequence[str], columns: Columns, *, counted: bool) -> None:
        # Of two columns with one name the first counts.
        self._at = {
            meaning: names.index(column)
            for meaning, column in asdict(columns).items()
            if column is not None
        }
        self._width = len(names)
        self._counted = counted
        self._numbered = (columns.patient or "").strip().lower() == _NUMBER
        self._train = columns.train
        self._inverted = columns.train is not None and says_which_test(columns.train)

    def row(self, line: int, cells: Sequence[str]) -> LabelRow:
        def cell(meaning: str) -> str:
            at = self._at.get(meaning, self._width)
            return cleaned(cells[at]) if at < len(cells) else ""

        operator, machine, plane = cell("operator"), cell("machine"), cell("plane")
        test, unclear = self._split(cell("train"))
        if any(extra.strip() for extra in cells[self._width :]):
            unclear = "it has more cells than the header has columns"
        return LabelRow(
            line=line,
            image=cell("image"),
            plane="" if is_empty(plane) else plane,
            patient=self._patient(cell("patient")),
            machine=None if is_empty(machine) else machine,
            operator=operator if _OPERATOR.fullmatch(operator) else None,
            test=test,
            unclear=unclear,
        )

    def _split(self, cell: str) -> tuple[bool, str | None]:
        try:
            return kept_to_test(cell, inverted=self._inverted) or False, None
        except UnclearCellError as error:
            return False, f"{error}, in the column “{self._train}”"

    def _patient(self, cell: str) -> str | None:
        written = identifier(cell)
        zero = bool(written) and not written.strip("0")
        if is_placeholder(written) and not (zero and self._counted):
            return None
        if self._numbered and written.isdecimal() and len(written) <= _DIGITS:
            # As the images of that data set name the patient at their start.
            return f"Patient{int(written):05d}"
        return written
