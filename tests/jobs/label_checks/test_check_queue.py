from datetime import timedelta

import pytest

from fetal.jobs.label_checks.check_queue import MOST_ATTEMPTS, CheckOverError, claim_check
from fetal.progress import Progress
from fetal.store.database import Store
from fetal.store.labelling.labelling_tables import LabelCheck, ListedScan
from fetal.store.table_base import now
from fetal.store.tables import Patient, ScanRow


@pytest.fixture
def store(begun_workspace):
    store = Store.open(begun_workspace)
    with store.session() as session:
        session.add(LabelCheck(kind="mistakes", status="queued", slot="mistakes", who="Ann"))
    yield store
    store.close()


def row(store):
    with store.reading() as session:
        return session.get_one(LabelCheck, 1)


def change(store, **values) -> None:
    with store.session() as session:
        found = session.get_one(LabelCheck, 1)
        for name, value in values.items():
            setattr(found, name, value)


def test_a_check_is_one_workers(store) -> None:
    lease = claim_check(store, "one")
    assert claim_check(store, "other") is None
    lease.report(Progress(3, 4, "Looking"))
    assert row(store).progress == {"done": 3, "total": 4, "what": "Looking"}
    lease.finish("done", result={"scans": 4})
    assert (row(store).status, row(store).slot, row(store).result) == ("done", None, {"scans": 4})
    assert claim_check(store, "other") is None


def test_a_check_whose_worker_is_gone_is_taken_over_and_the_first_one_keeps_nothing(store) -> None:
    lost = claim_check(store, "one")
    change(store, heartbeat_at=now() - timedelta(hours=1))
    taken = claim_check(store, "other")
    with pytest.raises(CheckOverError):
        lost.finish("done")
    taken.finish("done", result={"by": "other"})
    assert row(store).result == {"by": "other"}


def test_a_cancelled_check_ends_at_the_next_report(store) -> None:
    lease = claim_check(store, "one")
    change(store, cancel_asked=True)
    with pytest.raises(CheckOverError):
        lease.report(Progress(1, 2))


def test_what_is_given_back_waits_again(store) -> None:
    claim_check(store, "one").give_back()
    assert row(store).status == "queued"
    assert claim_check(store, "other").attempt == 2


def test_a_check_that_is_lost_again_and_again_is_ended_with_a_reason(store) -> None:
    change(store, attempts=MOST_ATTEMPTS)
    assert claim_check(store, "one") is None
    assert row(store).status == "failed"
    assert "start it again" in row(store).reason


def test_the_list_leaves_out_what_was_erased_meanwhile(store) -> None:
    with store.session() as session:
        session.add(Patient(id="P-1", named=True))
        kept = {"sector": [0, 0, 1, 1], "patient_id": "P-1", "source": "upload", "added_by": "Ann"}
        session.add(ScanRow(digest="d", name="S-d", width=1, height=1, blob="b", **kept))
    said = {"label": "brain", "label_id": 1, "opinion": "femur", "probability": 0.9, "quality": 0.1}
    listed = [{"scan_id": 99, **said}, {"scan_id": 1, **said}]
    claim_check(store, "one").finish("done", listed=listed)
    with store.reading() as session:
        rows = session.query(ListedScan).all()
    assert [(one.scan_id, one.place) for one in rows] == [(1, 0)]
