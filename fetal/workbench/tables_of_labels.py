"""Reads tables of labels: image, plane and patient, or the table of FETAL_PLANES_DB."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from fetal.workbench.columns import Columns, guess_columns

_NUMBER = "patient_num"
_DELIMITERS = (";", ",", "\t")
_DIGITS = 18
"""A number of more digits is no patient's, and of some thousands could not even be read."""
_LOOKED_AT = 200
"""Lines from which columns are guessed."""
_OPERATOR = re.compile(r"op(erator)?\.? ?\d{1,4}|\d{1,4}|other", re.IGNORECASE)
"""Codes, as FETAL_PLANES_DB writes them: a name would be somebody's."""


class LabelTableError(ValueError):
    """The file is no table of labels."""


@dataclass(frozen=True)
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
    """

    line: int
    image: str
    plane: str
    patient: str | None
    machine: str | None
    test: bool
    operator: str | None = None


@dataclass(frozen=True)
class LabelTable:
    """A table of labels whose columns are not yet decided on.

    Attributes:
        names: its header.
        lines: its other lines that hold anything, each with its number in the file.
        guess: what its columns seem to hold.
    """

    names: list[str]
    lines: list[tuple[int, list[str]]]
    guess: Columns

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
        """Give its lines.

        Args:
            columns: which column holds what.
        """
        return [
            _row(line, dict(zip(self.names, cells, strict=False)), columns)
            for line, cells in self.lines
        ]


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
    """Read a table's cells and guess what its columns hold.

    Args:
        data: as `read_label_table` takes it.

    Returns:
        The table.

    Raises:
        LabelTableError: it is no table at all.
    """
    text = _text(data)
    header = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=header.count), strict=False
    )
    try:
        names = next(reader, [])
        lines = [
            (reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise LabelTableError(
            f"The table cannot be read ({error}). Save it as CSV and import it again."
        ) from error
    return LabelTable(names, lines, guess_columns(names, [line for _, line in lines[:_LOOKED_AT]]))


def _text(data: bytes) -> str:
    if b"\0" in data:
        raise LabelTableError(
            "Expected a CSV table, received another kind of file. In a spreadsheet program, save "
            "the table as CSV and import that."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Spreadsheet programs on Windows write the western code page.
        return data.decode("cp1252", errors="replace")


def _row(line: int, cells: Mapping[str, str], columns: Columns) -> LabelRow:
    def cell(column: str | None) -> str:
        return cells.get(column, "").strip() if column is not None else ""

    patient, operator = cell(columns.patient), cell(columns.operator)
    numbered = (columns.patient or "").strip().lower() == _NUMBER
    if numbered and patient.isdecimal() and len(patient) <= _DIGITS:
        # As the images of that data set name the patient at their start.
        patient = f"Patient{int(patient):05d}"
    return LabelRow(
        line=line,
        image=cell(columns.image),
        plane=cell(columns.plane),
        patient=patient or None,
        machine=cell(columns.machine) or None,
        operator=operator if _OPERATOR.fullmatch(operator) else None,
        test=cell(columns.train) == "0",
    )
