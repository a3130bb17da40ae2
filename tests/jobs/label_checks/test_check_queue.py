from collections.abc import Iterator
from datetime import timedelta

import pytest

from fetal.jobs.label_checks.check_queue import (
    MOST_ATTEMPTS,
    CheckLease,
    CheckOverError,
    claim_check,
)
from fetal.progress import Progress
from fetal.store.database import Store
from fetal.store.labelling.labelling_tables import LabelCheck, ListedScan
from fetal.store.states import RunState
from fetal.store.table_base import now
from fetal.store.tables import Patient, ScanRow
from fetal.store.workspace import Workspace


@pytest.fixture
def store(begun_workspace: Workspace) -> Iterator[Store]:
    store = Store.open(begun_workspace)
    with store.session() as session:
        session.add(LabelCheck(kind="mistakes", status="queued", slot="mistakes", who="Ann"))
    yield store
    store.close()


def row(store: Store) -> LabelCheck:
    with store.reading() as session:
        return session.get_one(LabelCheck, 1)


def change(store: Store, **values: object) -> None:
    with store.session() as session:
        found = session.get_one(LabelCheck, 1)
        for name, value in values.items():
            setattr(found, name, value)


def taken_by(store: Store, worker: str) -> CheckLease:
    """The check that waits, which the worker has to get."""
    lease = claim_check(store, worker)
    assert lease is not None
    return lease


def test_a_check_is_one_workers(store: Store) -> None:
    lease = taken_by(store, "one")
    assert claim_check(store, "other") is None
    lease.report(Progress(3, 4, "Looking"))
    assert row(store).progress == {"done": 3, "total": 4, "what": "Looking"}
    lease.finish(RunState.DONE, result={"scans": 4})
    assert (row(store).status, row(store).slot, row(store).result) == ("done", None, {"scans": 4})
    assert claim_check(store, "other") is None


def test_a_check_whose_worker_is_gone_is_taken_over_and_the_first_one_keeps_nothing(
    store: Store,
) -> None:
    lost = taken_by(store, "one")
    change(store, heartbeat_at=now() - timedelta(hours=1))
    taken = taken_by(store, "other")
    with pytest.raises(CheckOverError):
        lost.finish(RunState.DONE)
    taken.finish(RunState.DONE, result={"by": "other"})
    assert row(store).result == {"by": "other"}


def test_a_cancelled_check_ends_at_the_next_report(store: Store) -> None:
    lease = taken_by(store, "one")
    change(store, cancel_asked=True)
    with pytest.raises(CheckOverError):
        lease.report(Progress(1, 2))


def test_what_is_given_back_waits_again(store: Store) -> None:
    taken_by(store, "one").give_back()
    assert row(store).status == "queued"
    assert taken_by(store, "other").attempt == 2


def test_a_check_that_is_lost_again_and_again_is_ended_with_a_reason(store: Store) -> None:
    change(store, attempts=MOST_ATTEMPTS)
    assert claim_check(store, "one") is None
    assert row(store).status == "failed"
    assert "start it again" in (row(store).reason or "")


def test_the_list_leaves_out_what_was_erased_meanwhile(store: Store) -> None:
    with store.session() as session:
        session.add(Patient(id="P-1", named=True))
        kept = {"sector": [0, 0, 1, 1], "patient_id": "P-1", "source": "upload", "added_by": "Ann"}
        session.add(ScanRow(digest="d", name="S-d", width=1, height=1, blob="b", **kept))
    said = {"label": "brain", "label_id": 1, "opinion": "femur", "probability": 0.9, "quality": 0.1}
    listed = [{"scan_id": 99, **said}, {"scan_id": 1, **said}]
    taken_by(store, "one").finish(RunState.DONE, listed=listed)
    with store.reading() as session:
        rows = session.query(ListedScan).all()
    assert [(one.scan_id, one.place) for one in rows] == [(1, 0)]
