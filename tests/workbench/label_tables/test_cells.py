"""Cells mean the same whatever program wrote them."""

import pytest

from fetal.workbench.label_tables.cells import UnclearCellError, cleaned, identifier, kept_to_test
from fetal.workbench.label_tables.label_table import read_label_table


@pytest.mark.parametrize(
    "cell", ["0", "0.0", "0,0", "0.00", " 0 ", "False", "FALSE", "f", "no", "Nein", "n", '="0"']
)
def test_zero_and_no_keep_a_scan_to_test(cell: str) -> None:
    assert kept_to_test(cell) is True
    assert kept_to_test(cell, inverted=True) is False


@pytest.mark.parametrize(
    "cell", ["1", "1.0", "1,0", "True", "t", "yes", "Y", "ja", "oui", "\ufeff1"]
)
def test_one_and_yes_do_not(cell: str) -> None:
    assert kept_to_test(cell) is False
    assert kept_to_test(cell, inverted=True) is True


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize(
    ("cell", "test"),
    [
        ("test", True),
        ("Testing", True),
        ("held-out", True),
        ("train", False),
        ("Training set", False),
        ("val", False),
        ("validation", False),
    ],
)
def test_a_word_says_the_side_whatever_the_column_asks(
    cell: str, test: bool, inverted: bool
) -> None:
    assert kept_to_test(cell, inverted=inverted) is test


@pytest.mark.parametrize("cell", ["", " ", "NaN", "nan", "None", "N/A", "#N/A", "<NA>", "-"])
def test_an_empty_cell_says_nothing(cell: str) -> None:
    assert kept_to_test(cell) is None


@pytest.mark.parametrize("cell", ["2", "-1", "0.5", "1,5", "maybe", "10", "A"])
def test_what_is_neither_is_called_by_its_name(cell: str) -> None:
    with pytest.raises(UnclearCellError, match=f"“{cell}”"):
        kept_to_test(cell)


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("42.0", "42"),
        ("42,0", "42"),
        ("42", "42"),
        ("0042", "0042"),
        ("A1.0", "A1.0"),
        ("4.2", "4.2"),
        ('="0042"', "0042"),
        ("\u200b42 ", "42"),
    ],
)
def test_a_patients_number_is_the_same_with_and_without_decimals(cell: str, meant: str) -> None:
    assert identifier(cell) == meant


def test_a_sign_of_a_formula_that_is_none_stays() -> None:
    assert cleaned("=a+b") == "=a+b"


@pytest.mark.parametrize(("one", "other"), [("42", "42.0"), ("7", "7,0")])
def test_a_patient_is_one_in_two_tables(one: str, other: str) -> None:
    rows = [
        read_label_table(f"image;patient;plane\na;{cell};brain\n".encode())[0]
        for cell in (one, other)
    ]
    assert rows[0].patient == rows[1].patient


def test_the_numbers_of_the_data_set_are_its_patients_when_pandas_wrote_them() -> None:
    table = b"Image_name,Patient_num,Plane,Train \na,42.0,Fetal brain,0.0\nb,7.0,Other,1.0\n"
    rows = read_label_table(table)
    assert [row.patient for row in rows] == ["Patient00042", "Patient00007"]
    assert [row.test for row in rows] == [True, False]


def test_a_line_whose_side_is_unclear_says_so_and_the_others_do_not() -> None:
    rows = read_label_table(b"image,plane,Train\na,brain,perhaps\nb,brain,0\n")
    assert rows[0].unclear is not None
    assert "perhaps" in rows[0].unclear
    assert "Train" in rows[0].unclear
    assert (rows[1].unclear, rows[1].test) == (None, True)
