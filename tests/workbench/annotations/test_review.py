from collections.abc import Collection, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from fetal.planes import PLANES, Plane, UnknownPlaneError
from fetal.store.tables import Annotation, PredictionRow
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.annotations.history import history as history_of
from fetal.workbench.annotations.history import today
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.scans import ScanView


def set_confidence(workbench: Workbench, confidences: Mapping[int, float | None]) -> None:
    with workbench.store.session() as session:
        for scan_id, confidence in confidences.items():
            if confidence is None:
                row = session.scalars(
                    select(PredictionRow).where(PredictionRow.scan_id == scan_id)
                ).one()
                session.delete(row)
            else:
                session.execute(
                    update(PredictionRow)
                    .where(PredictionRow.scan_id == scan_id)
                    .values(confidence=confidence)
                )


def history(workbench: Workbench) -> list[tuple[int, str | None, str, str, str]]:
    with workbench.store.reading() as session:
        rows = session.scalars(select(Annotation).order_by(Annotation.id))
        return [(row.id, row.label, row.kind, row.note, row.who) for row in rows]


def first_of(workbench: Workbench, skipped: Collection[int] = ()) -> ScanView:
    scan = review.next_scan(workbench, skipped)
    assert scan is not None
    return scan


def other_plane(scan: ScanView) -> Plane:
    return next(plane for plane in PLANES if plane != scan.predicted)


def test_the_largest_doubt_comes_first_and_scans_without_an_opinion_last(
    workbench: Workbench, five_scans: list[int]
) -> None:
    a, b, c, d, e = five_scans
    set_confidence(workbench, {a: 0.9, b: 0.4, c: None, d: 0.6, e: 0.5})
    seen: list[int] = []
    while (scan := review.next_scan(workbench, seen)) is not None:
        seen.append(scan.id)
    assert seen == [b, e, d, a, c]


def test_what_the_model_does_not_know_comes_before_what_it_is_unsure_of(
    workbench: Workbench, five_scans: list[int]
) -> None:
    a, b, c, *_ = five_scans
    set_confidence(workbench, dict.fromkeys(five_scans, 0.7) | {a: 0.4, b: 0.99, c: 0.8})
    with workbench.store.session() as session:
        unknown = update(PredictionRow).where(PredictionRow.scan_id.in_([b, c]))
        session.execute(unknown.values(doubt="unknown"))
    assert first_of(workbench).id == c
    assert first_of(workbench, [c]).id == b
    assert first_of(workbench, [b, c]).id == a


def test_a_labelled_scan_is_not_asked_for_again_until_its_label_is_undone(
    workbench: Workbench, five_scans: list[int]
) -> None:
    first = first_of(workbench)
    done = review.annotate(workbench, first.id, "brain", "Ann")
    assert review.remaining(workbench) == 4
    assert first_of(workbench).id != first.id
    review.undo(workbench, done, "Ann")
    assert review.remaining(workbench) == 5
    assert first_of(workbench).id == first.id


def test_the_kind_says_whether_the_person_agreed_with_the_model(
    workbench: Workbench, five_scans: list[int]
) -> None:
    a, b, c, *_ = five_scans
    set_confidence(workbench, {c: None})
    predicted = scans.scan(workbench, a).predicted
    assert predicted is not None
    review.annotate(workbench, a, predicted, "Ann")
    review.annotate(workbench, b, other_plane(scans.scan(workbench, b)), "Ann")
    review.annotate(workbench, c, "brain", "Ann")
    found = [scans.scan(workbench, number) for number in (a, b, c)]
    assert [scan.label_kind for scan in found] == ["accept", "correct", "label"]
    assert [scan.agrees for scan in found] == [True, False, None]


def test_unusable_is_a_label_that_neither_agrees_nor_disagrees(
    workbench: Workbench, five_scans: list[int]
) -> None:
    review.annotate(workbench, five_scans[0], "unusable", "Ann")
    scan = scans.scan(workbench, five_scans[0])
    assert (scan.label, scan.agrees) == ("unusable", None)


def test_a_label_can_be_written_as_people_write_it(
    workbench: Workbench, five_scans: list[int]
) -> None:
    review.annotate(workbench, five_scans[0], "Maternal cervix", "Ann")
    assert scans.scan(workbench, five_scans[0]).label == "cervix"


def test_what_is_no_label_is_refused(workbench: Workbench, five_scans: list[int]) -> None:
    with pytest.raises(UnknownPlaneError):
        review.annotate(workbench, five_scans[0], "liver", "Ann")
    with pytest.raises(scans.UnknownScanError):
        review.annotate(workbench, 999, "brain", "Ann")
    with pytest.raises(review.NoteTooLongError, match="2,000"):
        review.annotate(workbench, five_scans[0], "brain", "Ann", note="x" * 2001)
    assert history(workbench) == []


def test_undo_gives_back_the_label_before_and_deletes_nothing(
    workbench: Workbench, five_scans: list[int]
) -> None:
    scan = five_scans[0]
    first = review.annotate(workbench, scan, "brain", "Ann")
    second = review.annotate(workbench, scan, "femur", "Ben")
    before = history(workbench)
    review.undo(workbench, second, "Ben")
    view = scans.scan(workbench, scan)
    assert (view.label, view.labelled_by) == ("brain", "Ann")
    review.undo(workbench, first, "Ann")
    view = scans.scan(workbench, scan)
    assert (view.label, view.label_kind, view.labelled_by) == (None, None, None)
    assert history(workbench)[:2] == before
    assert [row[2] for row in history(workbench)[2:]] == ["undo", "undo"]


def test_undoing_an_older_label_leaves_the_newer_one(
    workbench: Workbench, five_scans: list[int]
) -> None:
    scan = five_scans[0]
    first = review.annotate(workbench, scan, "brain", "Ann")
    review.annotate(workbench, scan, "femur", "Ben")
    review.undo(workbench, first, "Ann")
    view = scans.scan(workbench, scan)
    assert (view.label, view.labelled_by) == ("femur", "Ben")


def test_undo_last_walks_back_through_one_person_s_work(
    workbench: Workbench, five_scans: list[int]
) -> None:
    a, b, c, *_ = five_scans
    review.annotate(workbench, a, "brain", "Ann")
    review.annotate(workbench, b, "brain", "Ben")
    review.annotate(workbench, c, "brain", "Ann")
    labels = []
    for _ in range(3):
        review.undo_last(workbench, "Ann")
        labels.append([scans.scan(workbench, number).label for number in (a, b, c)])
    assert labels == [
        ["brain", "brain", None],
        [None, "brain", None],
        [None, "brain", None],
    ]
    assert review.undo_last(workbench, "Ann") is None


def test_undo_last_says_what_it_took_back(workbench: Workbench, five_scans: list[int]) -> None:
    kept = review.annotate(workbench, five_scans[2], "brain", "Ann")
    taken = review.undo_last(workbench, "Ann")
    assert taken is not None
    assert (taken.annotation_id, taken.scan_id) == (kept, five_scans[2])
    assert history(workbench)[-1][0] == taken.undo_id


def test_nobody_takes_back_what_another_person_did(
    workbench: Workbench, five_scans: list[int]
) -> None:
    scan = five_scans[0]
    labelled = review.annotate(workbench, scan, "brain", "Ann")
    noted = review.note(workbench, scan, "blurred", "Ann")
    for number in (labelled, noted):
        with pytest.raises(review.UndoError, match="Only Ann can take this back"):
            review.undo(workbench, number, "Ben")
    assert review.undo_last(workbench, "Ben") is None
    view = scans.scan(workbench, scan)
    assert (view.label, view.note) == ("brain", "blurred")


def test_the_history_of_a_scan_names_every_label_and_note_and_who_took_it_back(
    workbench: Workbench, five_scans: list[int]
) -> None:
    scan = five_scans[0]
    first = review.annotate(workbench, scan, "brain", "Ann")
    review.undo(workbench, first, "Ann")
    review.note(workbench, scan, "blurred", "Ben")
    review.annotate(workbench, scan, "femur", "Ben")
    review.annotate(workbench, five_scans[1], "femur", "Cleo")
    found = [
        (one.kind, one.label, one.who, one.note, one.undone_by)
        for one in history_of(workbench, scan)
    ]
    assert found[0][1:] == ("femur", "Ben", "blurred", None)
    assert found[1] == ("note", None, "Ben", "blurred", None)
    assert found[2][1:] == ("brain", "Ann", "", "Ann")
    assert len(found) == 3


def test_nothing_is_undone_twice(workbench: Workbench, five_scans: list[int]) -> None:
    done = review.annotate(workbench, five_scans[0], "brain", "Ann")
    undoing = review.undo(workbench, done, "Ann")
    for number in (done, undoing, 999):
        with pytest.raises(review.UndoError):
            review.undo(workbench, number, "Ann")


def test_a_note_keeps_the_label_and_who_gave_it(
    workbench: Workbench, five_scans: list[int]
) -> None:
    scan = five_scans[0]
    review.annotate(workbench, scan, "brain", "Ann", note="blurred")
    noted = review.note(workbench, scan, "caliper over the midline", "Ben")
    view = scans.scan(workbench, scan)
    assert (view.label, view.labelled_by, view.note) == (
        "brain",
        "Ann",
        "caliper over the midline",
    )
    review.undo(workbench, noted, "Ben")
    assert scans.scan(workbench, scan).note == "blurred"


def test_a_new_label_keeps_the_note_that_is_there(
    workbench: Workbench, five_scans: list[int]
) -> None:
    scan = five_scans[0]
    review.note(workbench, scan, "ask Ben", "Ann")
    assert scans.scan(workbench, scan).label is None
    review.annotate(workbench, scan, "brain", "Ann")
    assert scans.scan(workbench, scan).note == "ask Ben"


def test_today_shows_what_was_done_and_what_was_taken_back(
    workbench: Workbench, five_scans: list[int]
) -> None:
    a, b, *_ = five_scans
    long_ago = review.annotate(workbench, a, "other", "Ann")
    with workbench.store.session() as session:
        session.get_one(Annotation, long_ago).at -= timedelta(days=2)
    first = review.annotate(workbench, a, "brain", "Ann")
    second = review.annotate(workbench, b, "femur", "Ben", note="n")
    review.undo(workbench, first, "Ann")
    everybody = today(workbench)
    assert [(one.annotation_id, one.label, one.who, one.undone) for one in everybody] == [
        (second, "femur", "Ben", False),
        (first, "brain", "Ann", True),
    ]
    assert everybody[0].scan == scans.scan(workbench, b).name
    assert [one.annotation_id for one in today(workbench, "Ann")] == [first]
