"""The locked test set grows, and never loses a scan without a word."""

import pytest
from sqlalchemy import select

from fetal.store.tables import UNUSABLE, Patient, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations.label_rows import newest_annotation
from fetal.workbench.annotations.review import annotate, undo
from fetal.workbench.datasets.test_set import take_stock
from fetal.workbench.models import promotion
from tests.support.labelling import WHO, keep_apart, label_scans


@pytest.fixture
def locked(workbench: Workbench) -> list[int]:
    """The numbers of fifteen locked scans of five patients."""
    label_scans(workbench, patients=5)
    keep_apart(workbench, 5)
    return [scan.scan for scan in take_stock(workbench).scans]


def lock(workbench: Workbench, number: int) -> None:
    """Keep the patient of a scan apart."""
    with workbench.store.session() as session:
        scan = session.get_one(ScanRow, number)
        session.get_one(Patient, scan.patient_id).split = "test"


def label_of(workbench: Workbench, number: int) -> int:
    with workbench.store.reading() as session:
        newest = newest_annotation(session, number)
    assert newest is not None
    return newest.id


def test_the_first_look_starts_the_set(workbench: Workbench, locked: list[int]) -> None:
    stock = take_stock(workbench)
    assert (len(stock.scans), stock.patients, stock.joined, stock.first) == (15, 5, 15, True)
    assert stock.left == []


def test_an_empty_set_has_nothing_to_tell(workbench: Workbench) -> None:
    stock = take_stock(workbench)
    assert (stock.scans, stock.joined, stock.joined_at, stock.left) == ([], 0, None, [])


def test_scans_that_join_are_counted_until_others_join(
    workbench: Workbench, locked: list[int]
) -> None:
    more = label_scans(workbench, patients=1, first=50)
    lock(workbench, more[0])
    for _ in range(2):
        stock = take_stock(workbench)
        assert (len(stock.scans), stock.joined, stock.first) == (18, 3, False)
    champion = workbench.champion().version.id
    assert promotion.compare(workbench, champion, champion).locked == stock


def test_a_label_taken_back_is_told_of_with_the_name(
    workbench: Workbench, locked: list[int]
) -> None:
    undo(workbench, label_of(workbench, locked[0]), WHO)
    stock = take_stock(workbench)
    assert len(stock.scans) == 14
    (gone,) = stock.left
    assert (gone.scan_id, gone.reason) == (locked[0], f"label taken back by {WHO}")


def test_a_scan_called_unusable_leaves_and_comes_back(
    workbench: Workbench, locked: list[int]
) -> None:
    unusable = annotate(workbench, locked[3], UNUSABLE, "Cem")
    assert [one.reason for one in take_stock(workbench).left] == ["called unusable by Cem"]
    undo(workbench, unusable, "Cem")
    stock = take_stock(workbench)
    assert (len(stock.scans), stock.left, stock.joined) == (15, [], 15)


def test_a_scan_that_only_changes_its_plane_stays(workbench: Workbench, locked: list[int]) -> None:
    annotate(workbench, locked[0], "cervix", WHO)
    stock = take_stock(workbench)
    assert (len(stock.scans), stock.left) == (15, [])
    assert {scan.scan: scan.plane for scan in stock.scans}[locked[0]] == "cervix"


def test_not_even_a_patient_who_changes_sides_takes_scans_along_in_silence(
    workbench: Workbench, locked: list[int]
) -> None:
    with workbench.store.session() as session:
        patient = session.scalars(select(Patient).where(Patient.split == "test")).first()
        assert patient is not None
        patient.split = "train"
    reasons = [one.reason for one in take_stock(workbench).left]
    assert reasons == ["its patient is no longer kept apart"] * 3


def test_the_mark_changes_with_the_locked_labels_only(
    workbench: Workbench, locked: list[int]
) -> None:
    before = promotion.locked_mark(workbench)
    label_scans(workbench, patients=1, first=50)
    assert promotion.locked_mark(workbench) == before
    annotate(workbench, locked[0], "cervix", WHO)
    assert promotion.locked_mark(workbench) != before
