"""Scans of one examination stay together, and days tell only how far apart they are."""

from datetime import date

from sqlalchemy import select

from fetal.scans.deidentification.pseudonyms import DAYS
from fetal.store.tables import ScanRow
from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.upload import add_scans
from tests.privacy.with_tags import ultrasound


def rows(workbench: Workbench) -> list[ScanRow]:
    with workbench.store.reading() as session:
        return list(session.scalars(select(ScanRow).order_by(ScanRow.id)))


def days_between(first: ScanRow, second: ScanRow) -> int:
    assert first.day is not None
    assert second.day is not None
    return (second.day - first.day) % DAYS


def test_a_later_drop_of_an_examination_without_a_patient_joins_the_earlier_one(
    workbench: Workbench,
) -> None:
    for seed in (1, 2):
        add_scans(workbench, [ultrasound(seed, StudyInstanceUID="1.2.77")], who="Ann")
    add_scans(workbench, [ultrasound(3, StudyInstanceUID="1.2.78")], who="Ann")
    one, two, other = rows(workbench)
    assert one.study == two.study != other.study
    assert one.patient_id == two.patient_id != other.patient_id


def test_a_patient_whom_the_file_or_the_person_names_goes_before_the_examination(
    workbench: Workbench,
) -> None:
    add_scans(workbench, [ultrasound(1)], who="Ann")
    add_scans(workbench, [ultrasound(2, PatientID="4711")], who="Ann")
    add_scans(workbench, [ultrasound(3)], who="Ann", patient="4712")
    assert [row.patient_id for row in rows(workbench)][1:] == [
        workbench.pseudonyms.patient("4711"),
        workbench.pseudonyms.patient("4712"),
    ]


def test_days_between_examinations_stay_true_and_no_date_is_kept(workbench: Workbench) -> None:
    for seed, (patient, day) in enumerate(
        [("4711", "20251230"), ("4711", "20260113"), ("4712", "20260113")], start=1
    ):
        add_scans(workbench, [ultrasound(seed, PatientID=patient, StudyDate=day)], who="Ann")
    first, second, other = rows(workbench)
    assert days_between(first, second) == 14
    assert second.day != other.day
    assert all(row.day != date(2026, 1, 13).toordinal() % DAYS for row in (second, other))


def test_a_scan_that_finds_its_patient_later_keeps_its_distance_in_days(
    workbench: Workbench,
) -> None:
    add_scans(workbench, [ultrasound(1, StudyDate="20260301")], who="Ann")
    [before] = rows(workbench)
    again = ultrasound(1, PatientID="4711", StudyDate="20260301")
    later = ultrasound(2, PatientID="4711", StudyDate="20260308")
    add_scans(workbench, [again, later], who="Ann")
    first, second = rows(workbench)
    assert first.patient_id == second.patient_id != before.patient_id
    assert days_between(first, second) == 7


def test_facts_of_the_machine_are_kept_with_the_scan(workbench: Workbench) -> None:
    tags = {"Manufacturer": "GE Healthcare", "ManufacturerModelName": "Voluson E10"}
    [taken] = add_scans(workbench, [ultrasound(1, **tags)], who="Ann")
    assert rows(workbench)[0].facts == {"maker": "GE"}
    assert taken.scan_id is not None
    assert scans.scan(workbench, taken.scan_id).machine == "Voluson E10"
