"""Tables are read whatever program wrote them, and it is said what of them is not read."""

import codecs

import pytest

from fetal.workbench.imports.import_run import plan_import
from fetal.workbench.label_tables.columns import Columns, guess_columns, parse_columns
from fetal.workbench.label_tables.label_table import (
    LabelTableError,
    open_label_table,
    read_label_table,
)
from fetal.workbench.label_tables.table_text import TableTooLargeError
from tests.support.drawn import file

PLAIN = "image,plane,patient\na.png,Fetal brain,Ö1\n"


def notes(table: bytes) -> str:
    return "\n".join(plan_import([file(1, "a.png")], table=table).notes)


@pytest.mark.parametrize(
    "written",
    [
        PLAIN.encode(),
        codecs.BOM_UTF8 + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-32"),
        PLAIN.encode("cp1252"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode("utf-16"),
        PLAIN.replace(",", "|").encode(),
        b"sep=,\r\n" + PLAIN.encode(),
        b"sep=;\n" + PLAIN.replace(",", ";").encode(),
        codecs.BOM_UTF8 + b"SEP=\t\r\n" + PLAIN.replace(",", "\t").encode(),
        b'"sep=;"\r\n' + PLAIN.replace(",", ";").encode(),
        PLAIN.replace("\n", "\r\n").encode(),
    ],
)
def test_a_table_is_the_same_in_every_writing(written: bytes) -> None:
    [row] = read_label_table(written)
    assert (row.image, row.plane, row.patient) == ("a.png", "Fetal brain", "Ö1")


def test_lines_are_counted_from_the_first_of_the_file() -> None:
    assert read_label_table(b"sep=;\n" + PLAIN.replace(",", ";").encode())[0].line == 3


@pytest.mark.parametrize("content", [b"PK\3\4\0\0", b"\xff\xd8\xff\0\0\1", b"\0" * 50])
def test_what_is_no_text_is_refused_with_a_remedy(content: bytes) -> None:
    with pytest.raises(LabelTableError, match="save the table as CSV"):
        open_label_table(content)


@pytest.mark.parametrize(
    "header",
    [
        "PatientID", "patient_id", "Patient Name", "PATIENT-ID", "ID patient", "Patient number",
        "patient no.", "PatientNr", "Pat_ID", "PID", "Patienten-ID", "Subject ID", "MRN",
    ],
)  # fmt: skip
def test_the_patient_is_found_under_usual_headers(header: str) -> None:
    names = ["image", header, "plane"]
    assert guess_columns(names, [["a.png", "A1", "brain"]]).patient == header


@pytest.mark.parametrize("header", ["Patient age", "patient sex", "PatientWeight", "ward"])
def test_what_only_describes_the_patient_is_not_the_patient(header: str) -> None:
    table = f"image,{header},plane\na.png,31,brain\n".encode()
    assert open_label_table(table).mapped().patient is None
    assert "No column with the patient was found" in notes(table)


@pytest.mark.parametrize("header", ["split", "Set", "subset", "fold", "partition", "phase"])
def test_a_split_in_words_is_read(header: str) -> None:
    table = f"image,plane,{header}\na,brain,train\nb,brain,val\nc,brain,TEST\nd,brain,\n".encode()
    assert [row.test for row in read_label_table(table)] == [False, False, True, False]


@pytest.mark.parametrize("header", ["fold", "split", "subset"])
def test_folds_in_numbers_are_not_read_and_that_is_said(header: str) -> None:
    table = f"image,patient,plane,{header}\na,P1,brain,0\nb,P2,brain,1\nc,P3,brain,2\n".encode()
    assert not any(row.test for row in read_label_table(table))
    assert f"The column “{header}” is not read" in notes(table)
    assert "not read" not in notes(table.replace(header.encode(), b"comment"))


def test_a_column_of_test_scans_means_the_opposite_of_one_of_training_scans() -> None:
    table = b"image,plane,is_test\na,brain,1\nb,brain,0\nc,brain,True\n"
    assert [row.test for row in read_label_table(table)] == [True, False, True]


def test_a_person_may_say_that_numbers_are_the_split_or_that_nothing_is() -> None:
    table = b"image,plane,fold\na,brain,0\nb,brain,1\n"
    assert [row.test for row in read_label_table(table, Columns(train="fold"))] == [True, False]
    flagged = b"image,plane,Train\na,brain,0\n"
    assert not read_label_table(flagged, parse_columns("train="))[0].test


def test_planes_that_are_named_are_preferred_to_those_that_are_numbered() -> None:
    table = b"image,label,class_name\na,3,Fetal brain\nb,4,Fetal femur\n"
    assert open_label_table(table).mapped().plane == "class_name"


def test_planes_in_numbers_are_complained_about_by_name() -> None:
    plan = plan_import([file(1, "a.png")], table=b"image,label\na,3\n")
    assert not plan.images
    assert "“3” is no plane this program knows" in plan.refused[0][1]


def test_empty_cells_of_the_split_and_shortened_numbers_are_pointed_out() -> None:
    told = notes(b"image,patient,plane,Train\na,1.23E+11,brain,0\nb,1.23E+11,brain,\n")
    assert "In 1 line the column “Train” is empty" in told
    assert "In 2 lines a spreadsheet has shortened" in told


def test_of_two_columns_with_one_name_the_first_is_read_and_that_is_said() -> None:
    table = b"image,plane,plane,patient\na,brain,femur,P1\n"
    assert read_label_table(table)[0].plane == "brain"
    assert "Several columns are called “plane”" in notes(table)


def test_a_line_with_too_many_cells_is_left_out_and_not_shifted() -> None:
    table = b"image,patient,plane,Train\na,P1,brain,0,0\nb,P2,brain,1,\n"
    assert [row.unclear is not None for row in read_label_table(table)] == [True, False]


def test_a_table_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETAL_TABLE_LINES", "2")
    lines = PLAIN + "b.png,brain,P2\nc.png,brain,P3\n"
    with pytest.raises(TableTooLargeError, match="at most 2 lines"):
        read_label_table(lines.encode())
    monkeypatch.setenv("FETAL_TABLE_MEGABYTES", "1")
    with pytest.raises(TableTooLargeError, match="at most 1 MB"):
        open_label_table(b"x" * 1_000_001)
    with pytest.raises(TableTooLargeError, match="columns"):
        open_label_table(b"," * 5_000)
