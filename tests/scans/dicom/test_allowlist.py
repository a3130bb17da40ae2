from datetime import date

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from fetal.scans.deidentification.machines import machine_named, maker_named
from fetal.scans.dicom.allowlist import header_of


def region(**tags: object) -> Dataset:
    made = Dataset()
    made.RegionSpatialFormat = made.RegionDataType = 1
    made.RegionLocationMinX0 = made.RegionLocationMinY0 = 0
    made.RegionLocationMaxX1, made.RegionLocationMaxY1 = 639, 479
    made.PhysicalUnitsXDirection = made.PhysicalUnitsYDirection = 3
    made.PhysicalDeltaX, made.PhysicalDeltaY = 0.025, 0.05
    made.TransducerFrequency = 4000
    for keyword, value in tags.items():
        setattr(made, keyword, value)
    return made


def test_what_an_ultrasound_machine_tells_of_itself_is_kept() -> None:
    made = Dataset()
    made.PatientID, made.StudyInstanceUID, made.StudyDate = "4711", "1.2.3", "20260301"
    made.Manufacturer, made.ManufacturerModelName = "GE Healthcare", "Voluson E10"
    made.TransducerType = "CURVED LINEAR"
    made.Rows, made.Columns = 480, 640
    made.SequenceOfUltrasoundRegions = Sequence([region()])
    header = header_of(made)
    assert (header.patient, header.study, header.day) == ("4711", "1.2.3", date(2026, 3, 1))
    assert header.machine == "Voluson E10"
    assert header.facts == {
        "maker": "GE",
        "probe": "CURVED LINEAR",
        "frequency_mhz": 4.0,
        "spacing_mm": [0.5, 0.25],
    }


def test_an_examination_without_a_uid_goes_by_its_accession_number() -> None:
    made = Dataset()
    made.AccessionNumber = "A-17"
    assert header_of(made).study == "A-17"


@pytest.mark.parametrize(
    "tags",
    [
        {"TransducerType": "JANE DOE"},
        {"PixelSpacing": [0.0, 99.0]},
        {"SequenceOfUltrasoundRegions": Sequence([region(PhysicalUnitsXDirection=4)])},
        {"SequenceOfUltrasoundRegions": Sequence([region(RegionSpatialFormat=3)])},
        # The picture was made smaller, and its regions were not.
        {"SequenceOfUltrasoundRegions": Sequence([region(RegionLocationMaxX1=1279)])},
        {"SequenceOfUltrasoundRegions": Sequence([region(), region(RegionLocationMaxY1=959)])},
    ],
)
def test_what_is_no_known_word_and_no_plausible_number_is_dropped(tags: dict[str, object]) -> None:
    made = Dataset()
    made.Rows, made.Columns = 480, 640
    for keyword, value in tags.items():
        setattr(made, keyword, value)
    assert {"probe", "spacing_mm"} & header_of(made).facts.keys() == set()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Voluson E6", "Voluson E6"),
        ("GE VOLUSON e10 BT18 room 3", "Voluson E10"),
        ("EPIQ 7G", "EPIQ 7G"),
        ("ACUSON S2000", "ACUSON S2000"),
        ("WS80A", "WS80A"),
        ("Aloka", "Aloka"),
        ("Other", "Other"),
        ("Voluson Jane", "Voluson"),
        ("Voluson 4711081", "Voluson"),
        ("Jane^Doe", "Other"),
        ("19470213", "Other"),
        ("  ", None),
        (None, None),
    ],
)
def test_machines_are_named_in_known_words_only(written: str | None, kept: str | None) -> None:
    assert machine_named(written) == kept


def test_a_maker_that_is_not_known_is_not_named() -> None:
    assert maker_named("Philips Medical Systems") == "Philips"
    assert maker_named("Jane Doe Ultrasound") == "Other"
    assert maker_named("") is None
