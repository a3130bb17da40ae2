from datetime import datetime, timedelta

import pytest

from fetal.jobs.lease import claim
from fetal.jobs.recovery import recover
from fetal.jobs.run_events import row_of
from fetal.jobs.waiting_jobs import queued_run
from fetal.store.table_base import now
from fetal.training.events import TriedAgain
from tests.jobs.conftest import Site


def lose(site: Site, long_ago: datetime) -> None:
    claim(site.store, site.run_id, "doomed", "CPU, 2 cores")
    site.change(heartbeat_at=long_ago)
    recover(site.store)


def test_a_run_whose_worker_lives_is_left_alone(site: Site) -> None:
    claim(site.store, site.run_id, "alive", "CPU, 2 cores")
    recover(site.store)
    assert site.run().status == "running"


def test_a_run_whose_worker_is_gone_waits_for_the_next_one(site: Site, long_ago: datetime) -> None:
    lose(site, long_ago)
    assert site.run().status == "queued"
    assert queued_run(site.store) == site.run_id
    assert "the run goes on from its last epoch" in site.texts()[-1]


def test_the_third_loss_ends_the_run_with_a_reason(site: Site, long_ago: datetime) -> None:
    for _ in range(3):
        lose(site, long_ago)
    run = site.run()
    assert (run.status, run.slot) == ("failed", None)
    assert run.reason is not None
    assert run.reason.startswith("The worker stopped three times")


def test_trying_again_gives_three_new_chances(site: Site, long_ago: datetime) -> None:
    for _ in range(3):
        lose(site, long_ago)
    with site.store.session() as session:
        session.add(row_of(site.run_id, TriedAgain("again")))
    site.change(status="queued", slot=1, reason=None)
    lose(site, long_ago)
    assert site.run().status == "queued"


def test_a_cancelled_run_whose_worker_is_gone_ends_as_cancelled(
    site: Site, long_ago: datetime
) -> None:
    claim(site.store, site.run_id, "doomed", "CPU, 2 cores")
    site.change(heartbeat_at=long_ago, cancel_asked=True)
    recover(site.store)
    assert (site.run().status, site.run().slot) == ("cancelled", None)


@pytest.fixture
def clock_set_back(site: Site) -> None:
    """A worker that died before the clock was set back: its last sign of life is in the future."""
    claim(site.store, site.run_id, "dead", "CPU, 2 cores")
    site.change(heartbeat_at=now() + timedelta(hours=1))


def test_a_clock_set_back_does_not_keep_a_dead_workers_run_alive(
    site: Site, clock_set_back: None
) -> None:
    recover(site.store)
    assert site.run().status == "queued"
    assert claim(site.store, site.run_id, "next", "CPU, 2 cores") is not None


def test_after_a_clock_was_set_back_a_dead_workers_run_can_be_cancelled(
    site: Site, clock_set_back: None
) -> None:
    site.change(cancel_asked=True)
    recover(site.store)
    assert (site.run().status, site.run().slot) == ("cancelled", None)


def test_a_clock_that_is_a_little_off_takes_nothing_away(site: Site) -> None:
    claim(site.store, site.run_id, "alive", "CPU, 2 cores")
    site.change(heartbeat_at=now() + timedelta(seconds=5))
    recover(site.store)
    assert site.run().status == "running"
