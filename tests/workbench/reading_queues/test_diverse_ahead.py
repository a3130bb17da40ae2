"""Doubtful scans, each unlike those before: handed out once, kept until used up, and dropped."""

import numpy as np
import pytest
from sqlalchemy import delete, select

from fetal.store.labelling.labelling_tables import ScanFeature
from fetal.store.state.state_tables import ScanState
from fetal.store.tables import Annotation, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.label_quality.stored_features import pack
from fetal.workbench.privacy import erasure
from fetal.workbench.reading_queues import diverse_ahead, queues, reservations
from fetal.workbench.reading_queues.diverse_ahead import Ahead
from fetal.workbench.reading_queues.queues import Queue
from fetal.workbench.reading_queues.reservations import Reader
from tests.support.labelling import labelled_rows

GROUPS = 3


@pytest.fixture
def workbench(each_workbench: Workbench) -> Workbench:
    """On SQLite and on PostgreSQL."""
    return each_workbench


@pytest.fixture
def alike(workbench: Workbench) -> dict[int, int]:
    """Scans without a label, whose kept features are of three kinds; their numbers by kind."""
    labelled_rows(workbench, patients=3, each=4)
    with workbench.store.session() as session:
        session.execute(delete(Annotation))
        numbers = list(session.scalars(select(ScanRow.id).order_by(ScanRow.id)))
        session.add_all(
            ScanFeature(
                network="digest",
                scan_id=number,
                values=pack(np.eye(GROUPS, 5, dtype=np.float32)[place % GROUPS]),
            )
            for place, number in enumerate(numbers)
        )
    return {number: place % GROUPS for place, number in enumerate(numbers)}


def varied(workbench: Workbench) -> Queue:
    return queues.passing(workbench, "varied", ScanFilter(reviewed=False), "diversity")


def ahead_of(workbench: Workbench, queue: Queue) -> Ahead:
    ahead = diverse_ahead.look_ahead(workbench, queue)
    assert ahead is not None
    return ahead


def test_readers_are_handed_scans_of_another_kind_each_and_none_twice(
    workbench: Workbench, alike: dict[int, int]
) -> None:
    queue = varied(workbench)
    readers = [Reader(f"Reader {number}", str(number)) for number in range(GROUPS)]
    first = [reservations.hand_out(workbench, one, queue=queue) for one in readers]
    handed = [scan.id for scan in first if scan is not None]
    assert len(set(handed)) == GROUPS
    assert {alike[number] for number in handed} == set(range(GROUPS))
    while (scan := reservations.hand_out(workbench, readers[0], queue=queue)) is not None:
        review.label(workbench, scan.id, "brain", "Ann", seen=scan.label_id)
        handed.append(scan.id)
    assert sorted(set(handed)) == sorted(alike)
    assert len(handed) == len(alike) + 1, "the first reader's own scan was handed out again"


def test_the_order_is_kept_until_it_is_used_up_or_something_is_erased(
    workbench: Workbench, alike: dict[int, int]
) -> None:
    queue = varied(workbench)
    ahead = ahead_of(workbench, queue)
    assert (len(ahead.scans), ahead.compared, ahead.without_features) == (12, 12, 0)
    review.annotate(workbench, ahead.scans[0], "brain", "Ann")
    assert diverse_ahead.look_ahead(workbench, queue) is ahead
    assert reservations.upcoming(workbench, [], 4, queue) == list(ahead.scans[1:5])
    with workbench.store.reading() as session:
        patient = session.get_one(ScanState, ahead.scans[1]).patient_id
    erasure.erase(workbench, patient, "Ann")
    left = ahead_of(workbench, queue).scans
    assert set(left) < set(ahead.scans)
    assert ahead.scans[1] not in left


def test_without_features_scans_come_by_doubt_and_it_is_said(
    workbench: Workbench, alike: dict[int, int]
) -> None:
    with workbench.store.session() as session:
        session.execute(delete(ScanFeature))
    queue = varied(workbench)
    ahead = ahead_of(workbench, queue)
    assert (ahead.compared, ahead.without_features) == (12, 12)
    by_doubt = queues.passing(workbench, "doubt", ScanFilter(reviewed=False))
    assert list(ahead.scans) == reservations.upcoming(workbench, [], 12, by_doubt)
    assert diverse_ahead.look_ahead(workbench, by_doubt) is None


def test_a_saved_queue_has_the_order(workbench: Workbench, alike: dict[int, int]) -> None:
    chosen = ScanFilter(reviewed=False, sources=("upload",))
    saved = queues.save(workbench, "Varied", chosen, "Cy", order="diversity")
    assert queues.open_queues(workbench) == [saved]
    first = reservations.upcoming(workbench, [], GROUPS, saved)
    assert {alike[number] for number in first} == set(range(GROUPS))
