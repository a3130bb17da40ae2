"""What waits for a worker is read from the rows of the workspace, on both databases."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from fetal.jobs.batches.batch_queue import begin_rescoring, recover_batches
from fetal.jobs.heartbeats import announce, leave
from fetal.jobs.lease import claim
from fetal.jobs.waiting_jobs import claim_rescoring, end_rescoring, is_newest, queued_run
from fetal.store.batches.batch_tables import BatchJob
from fetal.store.database import Store
from fetal.store.states import RunState
from fetal.store.table_base import now
from fetal.store.tables import ModelVersion, Promotion, Run
from fetal.store.workspace import Workspace
from fetal.worker import Worker


@pytest.fixture
def store(any_workspace: Workspace) -> Iterator[Store]:
    opened = Store.open(any_workspace)
    yield opened
    opened.close()


def add_run(store: Store, **values: Any) -> int:
    with store.session() as session:
        run = Run(settings={}, snapshot="", snapshot_counts={}, who="Ada", **values)
        session.add(run)
        session.flush()
        return run.id


def promote(store: Store, name: str, kind: str = "promote") -> int:
    with store.session() as session:
        version = ModelVersion(name=name, digest=name, location="nowhere", card={})
        session.add(version)
        session.flush()
        session.add(Promotion(model_id=version.id, kind=kind, who="Ada"))
        return version.id


def test_a_queued_run_waits_until_it_is_claimed(store: Store) -> None:
    assert queued_run(store) is None
    add_run(store, status="done")
    waiting = add_run(store, status="queued", slot=1)
    assert queued_run(store) == waiting
    assert claim(store, waiting, "one", "CPU, 2 cores")
    assert queued_run(store) is None


def test_a_run_that_is_to_be_cancelled_waits_for_nobody(store: Store) -> None:
    add_run(store, status="queued", slot=1, cancel_asked=True)
    assert queued_run(store) is None


def test_the_first_model_of_a_workspace_has_nothing_to_predict_anew(store: Store) -> None:
    promote(store, "shipped", kind="shipped")
    assert claim_rescoring(store, "one") is None


def test_one_worker_predicts_for_a_promotion_and_once(store: Store) -> None:
    model = promote(store, "v2")
    announce(store, "one")
    announce(store, "two")
    rescoring = claim_rescoring(store, "one")
    assert rescoring is not None
    assert rescoring.model_id == model
    assert claim_rescoring(store, "two") is None
    end_rescoring(store, rescoring)
    assert claim_rescoring(store, "one") is claim_rescoring(store, "two") is None


def test_what_a_worker_left_undone_is_taken_over(store: Store) -> None:
    promote(store, "v2")
    announce(store, "one")
    rescoring = claim_rescoring(store, "one")
    leave(store, "one")
    assert claim_rescoring(store, "two") == rescoring


def test_a_worker_that_was_killed_a_moment_ago_is_waited_for_and_then_replaced(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    promote(store, "v2")
    killed = claim_rescoring(store, "killed")
    assert killed is not None
    begin_rescoring(store, killed, "killed")
    worker = Worker(store.workspace)
    # Its job still looks alive: nobody takes it up, and nobody calls it done.
    worker._rescore()
    assert caplog.records == []
    assert claim_rescoring(store, "another") == killed
    with store.session() as session:
        session.execute(update(BatchJob).values(heartbeat_at=now() - timedelta(minutes=1)))
    recover_batches(store)
    # What waits is due whatever else is written down.
    end_rescoring(store, killed)
    assert claim_rescoring(store, "another") == killed
    begin_rescoring(store, killed, "another").finish(RunState.DONE)
    assert claim_rescoring(store, "another") is None


def test_a_newer_promotion_does_not_wait_for_the_one_before(store: Store) -> None:
    promote(store, "v2")
    announce(store, "one")
    first = claim_rescoring(store, "one")
    assert first is not None
    assert is_newest(store, first)
    newer = promote(store, "v3")
    assert not is_newest(store, first)
    second = claim_rescoring(store, "two")
    assert second is not None
    assert second.model_id == newer
    end_rescoring(store, second)
    end_rescoring(store, first)
    assert claim_rescoring(store, "one") is None


def test_a_model_that_cannot_predict_is_told_once_and_the_worker_goes_on(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    promote(store, "damaged")
    worker = Worker(store.workspace)
    with caplog.at_level(logging.ERROR):
        worker._rescore()
        worker._rescore()
    assert [record.message for record in caplog.records] == [
        "The new model could not predict the scans that wait for a label."
    ]
    assert claim_rescoring(store, "another") is None
