"""One label for many scans, and one undo for all of them; a patient found as typed."""

import pytest

from fetal.workbench import Workbench
from fetal.workbench.annotations import label_batches, review
from fetal.workbench.annotations.label_batches import BatchError, label_many, undo_batch
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.patient_search import patient_codes, patient_view
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.ingest.upload import add_scans
from tests.support.drawn import file


def seen(workbench: Workbench) -> dict[int, int | None]:
    return {one.id: one.label_id for one in scans.scans(workbench)}


def labels(workbench: Workbench) -> dict[int, str | None]:
    return {one.id: one.label for one in scans.scans(workbench)}


@pytest.fixture
def two_hundred(workbench: Workbench) -> None:
    files = [file(seed) for seed in range(200)]
    add_scans(workbench, files, who="Ann", patient="4711")


@pytest.mark.slow
def test_two_hundred_scans_are_accepted_and_one_undo_takes_all_back(
    workbench: Workbench, two_hundred: None
) -> None:
    before = labels(workbench)
    done = label_many(workbench, seen(workbench), None, "Ann")
    assert len(done.labelled) == 200
    assert all(one.agrees for one in scans.scans(workbench))
    review.undo_last(workbench, "Ann")
    assert labels(workbench) == before


def test_what_was_labelled_meanwhile_is_left_as_it_is(
    workbench: Workbench, five_scans: list[int]
) -> None:
    shown = seen(workbench)
    review.annotate(workbench, five_scans[0], "femur", "Ben")
    done = label_many(workbench, {**shown, 9999: None}, "brain", "Ann")
    assert set(done.left_out) == {five_scans[0], 9999}
    review.annotate(workbench, five_scans[1], "thorax", "Ben")

    assert set(undo_batch(workbench, done.id, "Ann")) == set(five_scans[1:])
    assert labels(workbench) == {
        number: {five_scans[0]: "femur", five_scans[1]: "thorax"}.get(number)
        for number in five_scans
    }
    for who in ("Ann", "Ben"):
        with pytest.raises(BatchError, match="undone already"):
            undo_batch(workbench, done.id, who)


def test_the_last_undo_takes_a_whole_batch_back_and_then_what_was_before(
    workbench: Workbench, five_scans: list[int]
) -> None:
    review.annotate(workbench, five_scans[0], "femur", "Ann")
    label_many(workbench, seen(workbench), None, "Ann")
    review.undo_last(workbench, "Ann")
    assert labels(workbench)[five_scans[0]] == "femur"
    assert set(labels(workbench).values()) == {"femur", None}
    review.undo_last(workbench, "Ann")
    assert set(labels(workbench).values()) == {None}


def test_a_batch_has_its_bounds(workbench: Workbench) -> None:
    for many in ({}, dict.fromkeys(range(label_batches.MOST + 1))):
        with pytest.raises(BatchError, match="at once"):
            label_many(workbench, many, "brain", "Ann")


def test_a_patient_is_found_as_typed(workbench: Workbench, five_scans: list[int]) -> None:
    add_scans(workbench, [file(77)], who="Ann", patient="Meyer, Eva")
    codes = patient_codes(workbench, " Meyer, Eva ")
    [found] = scans.scans(workbench, ScanFilter(patients=codes))
    assert found.patient in codes
    assert patient_codes(workbench, found.patient) == (found.patient,)
    view = patient_view(workbench, codes)
    assert view is not None
    assert view.scans == 1
    assert scans.count(workbench, ScanFilter(patients=codes, planes=("unusable",))) == 0
    assert patient_view(workbench, patient_codes(workbench, "nobody")) is None
    review.note(workbench, found.id, "Blurred 50%", "Ben")
    assert scans.count(workbench, ScanFilter(note="blurred 50%")) == 1
    review.annotate(workbench, found.id, "brain", "Ben Ode")
    assert scans.count(workbench, ScanFilter(person="ben o")) == 1
    assert scans.scans(workbench, ScanFilter(person="ben o", limit=5, reviewed=True))[0] == (
        scans.scan(workbench, found.id)
    )
