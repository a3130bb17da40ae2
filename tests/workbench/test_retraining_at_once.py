"""Eight people and workers start, cancel, claim and end trainings at once, on both databases."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import func, select

from fetal.jobs.lease import Lease, LeaseLostError, claim
from fetal.jobs.recovery import recover
from fetal.jobs.supervisor import Supervisor
from fetal.store.states import RunState
from fetal.store.tables import Patient, Run
from fetal.workbench import Workbench
from fetal.workbench.retraining import service
from tests.support.at_once import CALLERS, at_once, raised
from tests.support.labelling import WHO, labelled_rows


@pytest.fixture
def workbench(each_workbench: Workbench) -> Workbench:
    labelled_rows(each_workbench)
    return each_workbench


def statuses(workbench: Workbench) -> list[tuple[str, int | None]]:
    with workbench.store.reading() as session:
        return [(row.status, row.slot) for row in session.scalars(select(Run).order_by(Run.id))]


def start(workbench: Workbench) -> Callable[[], int]:
    return lambda: service.start(workbench, WHO).id


def cancel_active(workbench: Workbench) -> Callable[[], None]:
    def act() -> None:
        for _ in range(3):
            for run in service.active(workbench):
                service.cancel(workbench, run.id, "Bob")

    return act


def worker(workbench: Workbench, number: int) -> Callable[[], Lease | None]:
    return lambda: claim(workbench.store, number, "a worker", "CPU, 2 cores")


def test_of_eight_starts_one_becomes_a_run_and_all_get_it(workbench: Workbench) -> None:
    found = at_once([start(workbench)] * CALLERS)
    assert raised(found) == []
    assert len(set(found)) == 1
    assert statuses(workbench) == [("queued", 1)]
    with workbench.store.reading() as session:
        assert session.scalar(select(func.count()).where(Patient.split.is_(None))) == 0
        named = session.scalars(select(Run.snapshot)).all()
    assert set(workbench.blobs.keys("snapshots")) == set(named)


def test_cancels_beside_starts_leave_at_most_one_run(workbench: Workbench) -> None:
    found = at_once([start(workbench), cancel_active(workbench)] * (CALLERS // 2))
    assert raised(found) == []
    ends = statuses(workbench)
    assert ends
    assert set(ends[:-1]) <= {("cancelled", None)}
    assert ends[-1] in (("cancelled", None), ("queued", 1))
    service.cancel(workbench, service.start(workbench, WHO).id, WHO)
    assert service.active(workbench) == []


def test_trying_again_beside_starts_leaves_one_run(workbench: Workbench) -> None:
    first = service.start(workbench, WHO)
    service.cancel(workbench, first.id, WHO)
    again = [lambda: service.try_again(workbench, first.id, "Bob").id]
    found = at_once([start(workbench), *again] * (CALLERS // 2))
    assert raised(found) == []
    assert len(set(found)) == 1
    assert sum(slot is not None for _, slot in statuses(workbench)) == 1


def test_of_eight_workers_one_gets_the_run(workbench: Workbench) -> None:
    run = service.start(workbench, WHO)
    found = at_once([worker(workbench, run.id)] * CALLERS)
    assert raised(found) == []
    assert sum(lease is not None for lease in found) == 1
    assert statuses(workbench) == [("running", 1)]


def test_a_cancel_beside_the_claim_is_never_lost(workbench: Workbench) -> None:
    run = service.start(workbench, WHO)
    cancels = [lambda: service.cancel(workbench, run.id, "Bob").status] * (CALLERS - 1)
    lease, *seen = at_once([worker(workbench, run.id), *cancels])
    assert raised([lease, *seen]) == []
    if lease is None:
        assert statuses(workbench) == [("cancelled", None)]
    else:
        with lease.keep():
            assert lease.cancelled.wait(20)


@pytest.mark.parametrize("status", [RunState.DONE, RunState.FAILED])
def test_a_cancel_beside_the_end_changes_nothing_about_it(
    workbench: Workbench, status: RunState
) -> None:
    run = service.start(workbench, WHO)
    lease = claim(workbench.store, run.id, "a worker", "CPU, 2 cores")
    assert lease is not None
    cancels = [lambda: service.cancel(workbench, run.id, "Bob").status] * (CALLERS - 1)
    found = at_once([lambda: lease.finish(status), *cancels])
    assert raised(found) == []
    assert statuses(workbench) == [(status, None)]
    assert {None, "running", status} >= set(found)


def test_a_run_that_many_find_lost_is_taken_away_once(workbench: Workbench) -> None:
    run = service.start(workbench, WHO)
    lease = claim(workbench.store, run.id, "dead", "CPU, 2 cores")
    assert lease is not None
    with workbench.store.session() as session:
        session.get_one(Run, run.id).heartbeat_at = run.asked_at.replace(year=2020)
    found = at_once([lambda: recover(workbench.store)] * CALLERS)
    assert raised(found) == []
    seen = service.run(workbench, run.id)
    assert seen.status == "queued"
    assert sum("The worker stopped" in text for _, text in seen.log) == 1
    with pytest.raises(LeaseLostError):
        lease.write()


def test_a_run_that_two_workers_see_waiting_trains_once(workbench: Workbench) -> None:
    run = service.start(workbench, WHO)
    workers = [
        Supervisor(workbench.store, f"worker {number}", command=("/bin/false",))
        for number in range(2)
    ]
    assert raised(at_once([partial(one.supervise, run.id) for one in workers])) == []
    assert statuses(workbench) == [("failed", None)]
    assert service.run(workbench, run.id).reason
    with workbench.store.reading() as session:
        assert session.get_one(Run, run.id).attempts == 1
