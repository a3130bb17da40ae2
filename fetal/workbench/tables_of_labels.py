"""Reads tables of labels: image, plane and patient, or the table of FETAL_PLANES_DB."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_IMAGE = ("image", "image_name", "file", "filename", "image name")
_PLANE = ("plane", "label", "class")
_PATIENT = ("patient", "patient_id", "patient id")
_NUMBER = "patient_num"
_TRAIN = "train"
_MACHINE = "us_machine"
_DELIMITERS = (";", ",", "\t")


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
        test: true where the table keeps the image out of training (`Train` = 0).
    """

    line: int
    image: str
    plane: str
    patient: str | None
    machine: str | None
    test: bool


def read_label_table(data: bytes) -> list[LabelRow]:
    """Read a table of labels.

    Args:
        data: a CSV, separated by commas, semicolons or tabs, with a header. It needs the columns
            `image` and `plane`, and may have `patient`; or it is the table of FETAL_PLANES_DB
            (Burgos-Artizzu et al. 2020, https://zenodo.org/records/3904280), with `Image_name`,
            `Patient_num`, `Plane`, `US_Machine` and `Train`.

    Returns:
        Its lines that name an image.

    Raises:
        LabelTableError: it is no such table.

    Example:
        >>> read_label_table(b"image,plane\\na.png,Fetal brain\\n")[0].plane
        'Fetal brain'
    """
    text = _text(data)
    header = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=header.count), strict=False
    )
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        image, plane = _column(names, _IMAGE), _column(names, _PLANE)
        if image is None or plane is None:
            raise LabelTableError(
                f"Expected a table whose first line names the columns image and plane; received "
                f"the columns {', '.join(names)[:200] or 'of an empty file'}. Rename the columns "
                f"and import the table again."
            )
        return [
            _row(reader.line_num, dict(zip(names, cells, strict=False)), image, plane)
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise LabelTableError(
            f"The table cannot be read ({error}). Save it as CSV and import it again."
        ) from error


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


def _column(names: Sequence[str], known: Sequence[str]) -> str | None:
    return next((name for name in known if name in names), None)


def _row(line: int, cells: Mapping[str, str], image: str, plane: str) -> LabelRow:
    number = cells.get(_NUMBER, "").strip()
    patient = _column(list(cells), _PATIENT)
    return LabelRow(
        line=line,
        image=cells.get(image, "").strip(),
        plane=cells.get(plane, "").strip(),
        # As the images of that data set name the patient at their start.
        patient=f"Patient{int(number):05d}"
        if number.isdecimal()
        else cells[patient].strip() or None
        if patient is not None
        else None,
        machine=cells.get(_MACHINE, "").strip() or None,
        test=cells.get(_TRAIN, "").strip() == "0",
    )
