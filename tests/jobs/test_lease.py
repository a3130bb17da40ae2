from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from fetal.jobs.lease import Lease, LeaseLostError, claim
from fetal.jobs.recovery import recover
from fetal.store.states import RunState
from fetal.training.events import LogLine
from tests.jobs.conftest import Site
from tests.support.waiting import until


def test_of_many_workers_one_gets_the_run(site: Site) -> None:
    def attempt(number: int) -> Lease | None:
        return claim(site.store, site.run_id, f"worker {number}", "CPU, 2 cores")

    with ThreadPoolExecutor(8) as workers:
        leases = [lease for lease in workers.map(attempt, range(8)) if lease]
    assert len(leases) == 1
    assert site.run().status == "running"
    assert site.run().attempts == 1


def test_a_run_that_has_ended_is_not_taken(site: Site) -> None:
    site.change(status="cancelled", slot=None)
    assert claim(site.store, site.run_id, "late", "CPU, 2 cores") is None


def test_a_worker_that_was_replaced_can_write_nothing(site: Site, long_ago: datetime) -> None:
    first = claim(site.store, site.run_id, "asleep", "CPU, 2 cores")
    site.change(heartbeat_at=long_ago)
    recover(site.store)
    second = claim(site.store, site.run_id, "awake", "CPU, 2 cores")
    assert first is not None
    assert second is not None
    with pytest.raises(LeaseLostError):
        first.finish(RunState.FAILED, LogLine("too late"), reason="asleep")
    second.write(LogLine("mine"))
    assert site.run().status == "running"
    assert site.run().worker == "awake"
    assert "mine" in site.texts()
    assert "too late" not in site.texts()


def test_a_kept_lease_shows_signs_of_life_and_hears_of_a_cancel(site: Site) -> None:
    lease = claim(site.store, site.run_id, "one", "CPU, 2 cores")
    before = site.run().heartbeat_at
    assert lease is not None
    assert before is not None
    with lease.keep():
        until(lambda: (site.run().heartbeat_at or before) > before)
        site.change(cancel_asked=True)
        assert lease.cancelled.wait(5)
