"""Queues: who is handed what, in which order, how far it is, and what each person did."""

from functools import partial

import pytest

from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.annotations.reading_figures import as_table, reading_figures
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.filter_text import FilterTextError, from_text, to_text
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.core.actor import Actor, NotPermittedError
from fetal.workbench.core.permissions import Role
from fetal.workbench.reading_queues import queues, reservations
from fetal.workbench.reading_queues.queue_progress import Progress, progress
from fetal.workbench.reading_queues.queues import QueueError
from fetal.workbench.reading_queues.reservations import Reader
from tests.support.at_once import CALLERS, at_once, raised

ANN, BEN = Reader("Ann", "a"), Reader("Ben", "b")


@pytest.fixture
def workbench(each_workbench: Workbench) -> Workbench:
    """On SQLite and on PostgreSQL."""
    return each_workbench


def test_a_queue_of_labelled_scans_is_done_when_each_has_a_newer_label(
    workbench: Workbench, five_scans: list[int]
) -> None:
    for number in five_scans[:3]:
        review.annotate(workbench, number, "brain", "Cy")
    queue = queues.save(
        workbench, "Brains again", ScanFilter(reviewed=True), "Cy", order="newest", goal=3
    )
    assert queues.open_queues(workbench) == [queue]
    handed: list[int] = []
    while (scan := reservations.hand_out(workbench, ANN, queue=queue)) is not None:
        handed.append(scan.id)
        review.label(workbench, scan.id, "femur", "Ann", seen=scan.label_id, queue_id=queue.id)
    assert handed == five_scans[2::-1], "the newest first"
    assert progress(workbench, queue) == Progress(0, {"Ann": 3})
    review.undo_last(workbench, "Ann")
    assert progress(workbench, queue).left == 1, "what was taken back waits again"


def test_more_scans_than_are_counted_are_told_as_such(
    workbench: Workbench, five_scans: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetal.workbench.reading_queues.queue_progress.MOST_COUNTED", 2)
    for number in five_scans[:3]:
        review.annotate(workbench, number, "brain", "Cy")
    first = scans.scan(workbench, five_scans[0]).added_at
    for chosen, left in ((ScanFilter(), 4), (ScanFilter(since=first), 2)):
        queue = queues.save(workbench, f"{left} left", chosen, "Cy")
        assert progress(workbench, queue) == Progress(left, {}, is_more=True)


def test_a_queue_is_for_its_readers_and_ends_when_it_is_closed(
    workbench: Workbench, five_scans: list[int]
) -> None:
    queue = queues.save(workbench, "Of Ann", ScanFilter(reviewed=False), "Cy", readers=["Ann"])
    assert reservations.hand_out(workbench, ANN, queue=queue) is not None
    with pytest.raises(QueueError, match="is for Ann"):
        reservations.hand_out(workbench, BEN, queue=queue)
    assert queues.open_queues(workbench, "Ben") == []
    with pytest.raises(QueueError, match="already"):
        queues.save(workbench, " Of  Ann ", ScanFilter(), "Cy")
    assert queue.id is not None
    queues.close(workbench, queue.id, "Cy")
    assert queues.open_queues(workbench) == []
    with pytest.raises(QueueError, match="not open"):
        queues.close(workbench, queue.id, "Cy")


def test_what_could_name_a_patient_is_not_kept(workbench: Workbench) -> None:
    for chosen in (ScanFilter(patients=("P-1",)), ScanFilter(note="Meyer"), ScanFilter(ids=(1,))):
        with pytest.raises(QueueError, match="name no patient"):
            queues.save(workbench, "Kept", chosen, "Cy")


def test_a_reader_works_through_queues_and_sets_none_up(
    workbench: Workbench, five_scans: list[int]
) -> None:
    ann = workbench.acting_as(Actor.with_roles("Ann", 1, [Role.READER]))
    with pytest.raises(NotPermittedError):
        queues.save(ann, "Mine", ScanFilter(), "Ann")
    senior = workbench.acting_as(Actor.with_roles("Cy", 2, [Role.SENIOR_READER]))
    assert queues.save(senior, "Ours", ScanFilter(), "").made_by == "Cy"
    assert queues.open_queues(ann, "Ann")[0].name == "Ours"


def test_readers_of_one_queue_at_once_are_handed_different_scans(
    workbench: Workbench, five_scans: list[int]
) -> None:
    queue = queues.save(workbench, "All", ScanFilter(), "Cy", order="plane")
    handed: list[int] = []

    def read(number: int) -> None:
        reader = Reader(f"Reader {number}", f"token {number}")
        scan = reservations.hand_out(workbench, reader, queue=queue)
        if scan is not None:
            handed.append(scan.id)

    assert raised(at_once([partial(read, number) for number in range(CALLERS)])) == []
    assert sorted(handed) == sorted(five_scans)


def test_where_people_and_the_model_differ_comes_first(
    workbench: Workbench, five_scans: list[int]
) -> None:
    said = {one.id: one.predicted for one in scans.scans(workbench)}
    other = next(plane for plane in ("brain", "femur") if plane != said[five_scans[3]])
    same = said[five_scans[0]]
    assert same is not None
    review.annotate(workbench, five_scans[0], same.value, "Cy")
    review.annotate(workbench, five_scans[3], other, "Cy")
    found = scans.scans(workbench, ScanFilter(order="disagreement"))
    assert found[0].id == five_scans[3]
    queue = queues.passing(workbench, "all", ScanFilter(), "disagreement")
    read = reservations.upcoming(workbench, [], 9, queue)
    assert (read[0], read[-1]) == (five_scans[3], five_scans[0])
    assert sorted(read) == five_scans


def test_the_figures_tell_labels_time_and_agreement(
    workbench: Workbench, five_scans: list[int]
) -> None:
    for number in five_scans[:2]:
        review.annotate(workbench, number, "brain", "Ann")
        review.annotate(workbench, number, "brain", "Ben")
    review.annotate(workbench, five_scans[2], "femur", "Ben")
    ann, ben = reading_figures(workbench, 1)
    assert (ann.who, ann.labels, ann.compared, ann.with_others) == ("Ann", 2, 2, 1.0)
    assert (ben.labels, ben.compared) == (3, 2)
    assert list(as_table([ann, ben])["labels"]) == [2, 3]


def test_a_filter_comes_back_from_an_address_as_it_went() -> None:
    chosen = ScanFilter(planes=("brain",), reviewed=False, patients=("P-1",), ids=(3, 4))
    assert from_text(to_text(chosen)) == chosen
    assert to_text(ScanFilter()) == ""
    for wrong in ("{", "[]", '{"limit":1}', '{"ids":["x"]}', '{"since":"soon"}', '{"reviewed":1}'):
        with pytest.raises(FilterTextError):
            from_text(wrong)
