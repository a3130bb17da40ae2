"""Batch jobs: begun once, said how far they are, ended whatever happens to their program."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from fetal.jobs.batches.batch_lease import MOST_REFUSALS, BatchLostError, at_work
from fetal.jobs.batches.batch_queue import (
    GONE,
    BatchGoesOnError,
    begin_batch,
    claim_batch,
    recover_batches,
)
from fetal.progress import Progress
from fetal.store.batches.batch_tables import BatchJob, BatchRefusal
from fetal.store.database import Store
from fetal.store.states import BatchKind, RunState
from fetal.store.table_base import now
from fetal.store.workspace import Workspace
from tests.support.at_once import at_once, raised

LOOK = BatchKind.LOOKALIKES


@pytest.fixture
def store(begun_workspace: Workspace) -> Iterator[Store]:
    opened = Store.open(begun_workspace)
    yield opened
    opened.close()


def row(store: Store, number: int = 1) -> BatchJob:
    with store.reading() as session:
        return session.get_one(BatchJob, number)


def change(store: Store, **values: object) -> None:
    with store.session() as session:
        for name, value in values.items():
            setattr(session.get_one(BatchJob, 1), name, value)


def test_a_job_says_how_far_it_is_and_what_it_set_aside(store: Store) -> None:
    lease = begin_batch(store, BatchKind.IMPORT, "Import images", "Ann")
    with at_work(lease):
        lease.on_progress(Progress(3, 4))
        lease.set_aside(2, "Expected a PNG.")
        lease.write()
        assert row(store).progress["done"] == 3
        assert row(store).status == RunState.RUNNING
    assert (row(store).status, row(store).slot, row(store).who) == ("done", None, "Ann")
    assert row(store).ended_at
    with store.reading() as session:
        [refusal] = session.query(BatchRefusal).all()
    assert (refusal.place, refusal.sentence) == (2, "Expected a PNG.")


def test_an_error_ends_a_job_with_its_sentence(store: Store) -> None:
    with (
        pytest.raises(BatchGoesOnError),
        at_work(begin_batch(store, LOOK, "Look", "Ann", slot="look")),
    ):
        raise BatchGoesOnError("The disk is gone.")
    assert (row(store).status, row(store).reason) == ("failed", "The disk is gone.")
    assert row(store).slot is None


def test_a_cancelled_job_hears_of_it(store: Store) -> None:
    lease = begin_batch(store, LOOK, "Look", "Ann")
    change(store, cancel_asked=True)
    with at_work(lease):
        lease.write()
        assert lease.stop()
    assert row(store).status == RunState.CANCELLED


def test_one_of_several_at_once_begins(store: Store) -> None:
    results = at_once([lambda: begin_batch(store, LOOK, "Look", "Ann", slot="look")] * 4)
    assert [type(error) for error in raised(results)] == [BatchGoesOnError] * 3


def test_a_job_whose_program_is_gone_ends_and_its_late_writes_change_nothing(store: Store) -> None:
    lost = begin_batch(store, LOOK, "Look", "Ann", slot="look")
    recover_batches(store)
    assert row(store).status == RunState.RUNNING
    change(store, heartbeat_at=now() - timedelta(minutes=5))
    recover_batches(store)
    assert (row(store).status, row(store).reason) == (RunState.FAILED, GONE)
    with pytest.raises(BatchLostError):
        lost.write()
    assert lost.stop()
    taken = begin_batch(store, LOOK, "Look", "Ann", slot="look", again=1)
    assert (taken.batch_id, taken.attempt) == (1, 2)
    with pytest.raises(BatchLostError):
        lost.finish(RunState.DONE)
    taken.finish(RunState.DONE)
    assert row(store).status == RunState.DONE


def test_what_follows_a_promotion_waits_for_the_next_worker(store: Store) -> None:
    begin_batch(store, BatchKind.RESCORING, "Predict", "Ann", slot="rescoring 7")
    change(store, heartbeat_at=now() - timedelta(minutes=5))
    recover_batches(store)
    assert row(store).status == RunState.QUEUED
    assert begin_batch(store, BatchKind.RESCORING, "Predict", "x", slot="rescoring 7").attempt == 2


def test_a_worker_takes_what_it_can_do_and_gives_it_back(store: Store) -> None:
    begin_batch(store, LOOK, "Look", "Ann")
    change(store, status=RunState.QUEUED)
    assert claim_batch(store, "one", lambda number, kind: kind is BatchKind.ARCHIVE) is None
    claimed = claim_batch(store, "one", lambda number, kind: number == 1)
    assert claimed is not None
    lease, kind = claimed
    assert kind is LOOK
    assert claim_batch(store, "two", lambda number, kind: True) is None
    lease.finish(RunState.QUEUED)
    assert row(store).ended_at is None
    assert claim_batch(store, "two", lambda number, kind: True)


def test_memory_and_table_stay_bounded_however_many_files_are_bad(store: Store) -> None:
    lease = begin_batch(store, BatchKind.IMPORT, "Import images", "Ann")
    for place in range(MOST_REFUSALS + 10):
        lease.set_aside(place, "x" * 900)
    lease.on_progress(Progress(1, 1))
    lease.finish(RunState.DONE)
    assert row(store).progress["refused"] == MOST_REFUSALS + 10
    with store.reading() as session:
        kept = session.query(BatchRefusal).all()
    assert (len(kept), len(kept[0].sentence)) == (MOST_REFUSALS, 500)
