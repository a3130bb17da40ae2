import pytest

from fetal.scans import encode_png, read_scan
from fetal.scans.deidentification.placeholders import PLACEHOLDER_PATIENT, is_placeholder
from fetal.scans.dicom.allowlist import header_of
from tests.privacy.with_tags import dataset_of, packed
from tests.support.drawn import fan

PLACEHOLDERS = [
    "ANONYMOUS", "anon", "Anonymized", "ANONYMISED", "DEIDENTIFIED", "De-Identified", "0", "000000",
    "0.0", "NA", "N/A", "#N/A", "NONE", "NULL", "NaN", "UNKNOWN", "Unknown Patient", "TEST",
    "Test^Patient", "XXX", "xxxxxxxx", "-", "--", "?", "...", "*****", "999999", "Patient ID",
    "ＡＮＯＮＹＭＯＵＳ", "Unbekannt", "匿名", " ",
]  # fmt: skip
NAMES = [
    "ANON-0042", "ANON1", "4711", "Patient00042", "TEST-17", "A1", "0042", "999", "100000", "P-1",
    "Nan Goldin", "Testa", "Nullmeier", "1", "Q0",
]  # fmt: skip


@pytest.mark.parametrize("written", PLACEHOLDERS)
def test_a_word_that_stands_for_nobody_names_nobody(written: str) -> None:
    assert is_placeholder(written)


@pytest.mark.parametrize("written", NAMES)
def test_a_number_or_a_name_names_somebody(written: str) -> None:
    assert not is_placeholder(written)


@pytest.mark.parametrize("written", ["ANONYMOUS", "0", "N/A", "-"])
def test_a_file_with_a_placeholder_names_no_patient_and_says_so(written: str) -> None:
    scan = read_scan(packed(dataset_of(1, PatientID=written)), "a.dcm")
    assert scan.patient is None
    assert PLACEHOLDER_PATIENT in scan.warnings


def test_a_file_whose_name_tells_the_patient_needs_no_warning() -> None:
    scan = read_scan(packed(dataset_of(1, PatientID="ANON")), "Patient00042_1.dcm")
    assert scan.patient == "Patient00042"
    assert PLACEHOLDER_PATIENT not in scan.warnings
    assert PLACEHOLDER_PATIENT not in read_scan(encode_png(fan(1)), "a.png").warnings


@pytest.mark.parametrize("written", ["0", "", "NONE", "000"])
def test_a_placeholder_is_no_examination(written: str) -> None:
    made = dataset_of(1, AccessionNumber=written)
    del made.StudyInstanceUID
    assert header_of(made).study is None
    made.AccessionNumber = "A-17"
    assert header_of(made).study == "A-17"
