"""A database that others keep locked, or that is away, must not end a training."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from fetal.jobs import database_retry
from fetal.jobs.lease import claim
from fetal.jobs.recovery import recover
from fetal.jobs.supervisor import NO_DATABASE
from fetal.store import database
from fetal.store.states import RunState
from fetal.store.table_base import now
from fetal.store.tables import RunEvent
from fetal.training.events import LogLine
from tests.jobs.conftest import InBackground, Site, Supervise
from tests.support.waiting import alive, until

AWAY = "is locked or away"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A workspace that waits for another writer a moment only."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.3)
    monkeypatch.setattr(database_retry, "RETRY_SECONDS", 0.05)
    place = Site(tmp_path / "workspace")
    yield place
    place.store.close()


@contextmanager
def locked(site: Site) -> Iterator[Callable[[], None]]:
    """Hold SQLite's only writing lock, as another program would."""
    other = sqlite3.connect(site.workspace.folder / "fetal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(OperationalError), site.store.session() as session:
            session.connection()
        yield other.rollback
    finally:
        other.rollback()
        other.close()


def test_a_training_goes_on_and_what_it_said_is_written_afterwards(
    site: Site, in_background: InBackground, caplog: pytest.LogCaptureFixture
) -> None:
    work = in_background("wait")
    until(lambda: site.run().progress.get("step") == 3)
    (training,) = site.starts()
    with locked(site):
        (site.workspace.folder / "runs" / str(site.run_id) / "go").touch()
        until(lambda: not alive(training))
        # The model is there by now, and cannot be made a version yet.
        until(lambda: f"The database {AWAY}; it is tried again." in caplog.text)
        assert site.model() is None
        assert site.run().status == "running"
        assert site.events("epoch") == []
        released = now()
    work.join(20)
    assert (site.run().status, site.run().reason) == ("done", None)
    assert [event.payload["epoch"] for event in site.events("epoch")] == [1, 2]
    # They tell when it happened, not when it could be written.
    assert all(event.at < released for event in site.events("epoch", "log"))
    assert site.made().name == "v2 · today"


def test_a_failure_is_told_as_soon_as_it_can_be_written(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    other = threading.Event()

    def hold() -> None:
        with locked(site):
            other.set()
            until(lambda: AWAY in caplog.text)

    lease = claim(site.store, site.run_id, "worker", "CPU, 2 cores")
    assert lease is not None
    holder = threading.Thread(target=hold)
    holder.start()
    other.wait(10)
    with lease.keep():
        database_retry.patiently(
            lambda: lease.finish(RunState.FAILED, reason="The scans show one plane only."),
            lambda: None,
            lease.lost.wait,
        )
    holder.join(20)
    assert (site.run().status, site.run().reason) == ("failed", "The scans show one plane only.")


def test_a_cancel_is_heard_while_nothing_can_be_written(site: Site) -> None:
    lease = claim(site.store, site.run_id, "worker", "CPU, 2 cores")
    assert lease is not None
    site.change(cancel_asked=True)
    with lease.keep(), locked(site):
        lease.later(LogLine("kept"))
        assert lease.cancelled.wait(10)
    lease.write()
    assert "kept" in site.texts()


def test_a_worker_that_was_replaced_meanwhile_writes_nothing_of_what_it_kept(
    site: Site, long_ago: datetime
) -> None:
    first = claim(site.store, site.run_id, "asleep", "CPU, 2 cores")
    assert first is not None
    first.later(LogLine("too late"))
    site.change(heartbeat_at=long_ago)
    recover(site.store)
    claim(site.store, site.run_id, "awake", "CPU, 2 cores")
    with first.keep():
        assert first.lost.wait(10)
    assert "too late" not in site.texts()


def test_a_worker_that_only_waited_for_the_database_keeps_its_run(
    site: Site, long_ago: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    lease = claim(site.store, site.run_id, "worker", "CPU, 2 cores")
    assert lease is not None
    site.change(heartbeat_at=long_ago)
    lease.later(LogLine("kept"))
    with locked(site) as release, lease.keep():
        until(lambda: AWAY in caplog.text)
        release()
        recover(site.store)
        assert (site.run().status, site.run().worker) == ("running", "worker")
        until(lambda: "kept" in site.texts())


def test_a_worker_that_is_told_to_stop_does_not_wait_for_the_database(
    site: Site, in_background: InBackground
) -> None:
    stopping = threading.Event()
    work = in_background("wait", stopping)
    until(lambda: site.run().progress.get("step") == 3)
    (training,) = site.starts()
    with locked(site):
        stopping.set()
        work.join(20)
        assert not work.is_alive()
    assert not alive(training)
    # Nobody could be told; recovery finds it once the worker has been silent for a while.
    assert site.run().status == "running"


def test_what_the_database_says_is_not_shown_to_people(
    site: Site, supervise: Supervise, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.store.session() as session:
        session.execute(delete(RunEvent))
        session.connection().exec_driver_sql("ALTER TABLE model_version RENAME COLUMN card TO x")
    supervise("finish")
    with site.store.session() as session:
        session.connection().exec_driver_sql("ALTER TABLE model_version RENAME COLUMN x TO card")
    assert (site.run().status, site.run().reason) == ("failed", NO_DATABASE)
    said = " ".join([site.run().reason or "", *filter(None, site.texts())])
    assert not any(word in said for word in ("SELECT", "INSERT", "sqlite", "model_version"))


def test_a_number_that_is_none_is_left_out(site: Site, supervise: Supervise) -> None:
    supervise("diverge")
    assert site.run().status == "done"
    assert [event.payload.get("loss") for event in site.events("epoch")] == [None, 1.2, 0.9]
