"""Several readers at once: each is handed another scan, and no label goes under unseen."""

from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from fetal.store.table_base import now
from fetal.store.tables import Annotation, Reservation
from fetal.workbench import Workbench
from fetal.workbench.annotations import conflicts, review
from fetal.workbench.annotations.conflicts import Conflict
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.scans import ScanView
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.privacy.erasure import erase
from fetal.workbench.reading_queues import reservations
from fetal.workbench.reading_queues.reservations import Reader
from tests.support.at_once import CALLERS, at_once, raised
from tests.support.drawn import file
from tests.workbench.conftest import number_of

ANN, BEN = Reader("Ann", "a"), Reader("Ben", "b")
ANN_AGAIN = Reader("Ann", "another tab")


@pytest.fixture
def workbench(each_workbench: Workbench) -> Workbench:
    """On SQLite and on PostgreSQL."""
    return each_workbench


@pytest.fixture
def many_scans(workbench: Workbench) -> list[int]:
    files = [file(seed) for seed in range(24)]
    return [number_of(taken) for taken in add_scans(workbench, files, who="Ann", patient="4711")]


def handed(workbench: Workbench, reader: Reader, skipped: Collection[int] = ()) -> ScanView:
    scan = reservations.hand_out(workbench, reader, skipped)
    assert scan is not None
    return scan


def lapse(workbench: Workbench) -> None:
    """Let all reservations end."""
    with workbench.store.session() as session:
        session.execute(update(Reservation).values(until=now() - timedelta(seconds=1)))


def test_two_readers_are_handed_different_scans(
    workbench: Workbench, five_scans: list[int]
) -> None:
    first, second, third = (handed(workbench, reader).id for reader in (ANN, BEN, ANN_AGAIN))
    assert len({first, second, third}) == 3


def test_a_reader_keeps_the_scan_until_it_is_labelled_or_skipped(
    workbench: Workbench, five_scans: list[int]
) -> None:
    first = handed(workbench, ANN).id
    assert handed(workbench, ANN).id == first
    second = handed(workbench, ANN, skipped=[first]).id
    review.annotate(workbench, second, "brain", "Ann")
    assert handed(workbench, ANN, skipped=[first]).id not in (first, second)


def test_a_scan_that_was_let_go_of_is_free_for_others(
    workbench: Workbench, five_scans: list[int]
) -> None:
    first = handed(workbench, ANN).id
    reservations.release(workbench, ANN)
    assert handed(workbench, BEN).id == first


def test_a_reservation_ends_by_itself_when_nobody_renews_it(
    workbench: Workbench, five_scans: list[int]
) -> None:
    first = handed(workbench, ANN).id
    lapse(workbench)
    assert handed(workbench, BEN).id == first
    assert handed(workbench, ANN).id != first


def test_looking_on_renews_a_reservation(workbench: Workbench, five_scans: list[int]) -> None:
    first = handed(workbench, ANN).id
    lapse(workbench)
    assert reservations.hold(workbench, first, ANN) is None
    assert handed(workbench, BEN).id != first


def test_who_goes_back_to_a_scan_is_told_who_looks_at_it(
    workbench: Workbench, five_scans: list[int]
) -> None:
    held = handed(workbench, ANN).id
    assert reservations.hold(workbench, held, BEN) == "Ann"
    assert reservations.held_by_others(workbench, BEN) == {held: "Ann"}


def test_nothing_is_left_where_others_hold_the_rest(
    workbench: Workbench, five_scans: list[int]
) -> None:
    for number in range(5):
        assert reservations.hand_out(workbench, Reader("Ann", str(number))) is not None
    assert reservations.hand_out(workbench, BEN) is None
    assert len(reservations.held_by_others(workbench, BEN)) == 5


def test_an_erased_scan_takes_its_reservation_along(
    workbench: Workbench, five_scans: list[int]
) -> None:
    held = handed(workbench, ANN)
    erase(workbench, held.name, "Ann")
    assert reservations.hold(workbench, held.id, ANN) is None
    assert handed(workbench, ANN).id != held.id


def test_eight_readers_share_the_scans_and_lose_no_label(
    workbench: Workbench, many_scans: list[int]
) -> None:
    given: list[int] = []
    labelled: list[tuple[int, str, Conflict | None]] = []

    def read(number: int) -> None:
        reader = Reader(f"Reader {number}", f"token {number}")
        while (scan := reservations.hand_out(workbench, reader)) is not None:
            given.append(scan.id)
            done = review.label(workbench, scan.id, "brain", reader.who, seen=scan.label_id)
            labelled.append((scan.id, reader.who, done.conflict))

    assert raised(at_once([partial(read, number) for number in range(CALLERS)])) == []
    assert Counter(given) == Counter(many_scans), "each scan is handed out once"
    assert [conflict for *_, conflict in labelled if conflict] == []
    with workbench.store.reading() as session:
        rows = session.execute(select(Annotation.scan_id, Annotation.who)).all()
    assert Counter(map(tuple, rows)) == Counter((scan, who) for scan, who, _ in labelled)


def test_eight_who_label_one_scan_at_once_are_all_kept_and_all_but_one_are_told(
    workbench: Workbench, five_scans: list[int]
) -> None:
    seen = scans.scan(workbench, five_scans[0])
    found: list[Conflict | None] = []

    def give(number: int) -> None:
        who = f"Reader {number}"
        found.append(review.label(workbench, seen.id, "brain", who, seen=seen.label_id).conflict)

    assert raised(at_once([partial(give, number) for number in range(CALLERS)])) == []
    told = [conflict for conflict in found if conflict is not None]
    assert len(found) == CALLERS
    assert len(told) == CALLERS - 1
    assert len({conflict.before_who for conflict in told}) == CALLERS - 1, "each replaced another"
    stands = scans.scan(workbench, seen.id).labelled_by
    others = {f"Reader {number}" for number in range(CALLERS)} - {stands}
    assert {who for who in others if conflicts.untold(workbench, who)} == others
    assert stands is not None
    assert conflicts.untold(workbench, stands) == []


def test_both_are_told_when_a_label_replaces_one_that_was_not_seen(
    workbench: Workbench, five_scans: list[int]
) -> None:
    seen = scans.scan(workbench, five_scans[0])
    review.label(workbench, seen.id, "brain", "Ann", seen=seen.label_id)
    done = review.label(workbench, seen.id, "femur", "Ben", seen=seen.label_id)

    assert done.conflict is not None
    assert (done.conflict.before, done.conflict.before_who) == ("brain", "Ann")
    (told,) = conflicts.untold(workbench, "Ann")
    assert (told.label, told.who, told.scan) == ("femur", "Ben", seen.name)
    conflicts.note_told(workbench, "Ann", [told])
    assert conflicts.untold(workbench, "Ann") == []
    assert scans.scan(workbench, seen.id).label == "femur"


def test_whoever_saw_the_label_before_makes_no_conflict(
    workbench: Workbench, five_scans: list[int]
) -> None:
    scan = five_scans[0]
    review.annotate(workbench, scan, "brain", "Ann")
    review.note(workbench, scan, "blurred", "Cleo")
    seen = scans.scan(workbench, scan)
    assert review.label(workbench, scan, "femur", "Ben", seen=seen.label_id).conflict is None
    assert conflicts.untold(workbench, "Ann") == []


def test_one_person_in_two_tabs_is_told_as_well(
    workbench: Workbench, five_scans: list[int]
) -> None:
    seen = scans.scan(workbench, five_scans[0])
    review.label(workbench, seen.id, "brain", "Ann", seen=seen.label_id)
    done = review.label(workbench, seen.id, "femur", "Ann", seen=seen.label_id)
    assert done.conflict is not None
    assert done.conflict.before_who == "Ann"
    assert len(conflicts.untold(workbench, "Ann")) == 1
