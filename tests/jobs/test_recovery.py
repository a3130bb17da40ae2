from fetal.jobs.lease import claim
from fetal.jobs.recovery import AGAIN, recover
from fetal.store.tables import RunEvent


def lose(site, long_ago):
    claim(site.store, site.run_id, "doomed", "CPU, 2 cores")
    site.change(heartbeat_at=long_ago)
    recover(site.store, site.queue)


def test_a_run_whose_message_was_lost_is_called_out_again(site):
    assert site.queue.waiting() == set()
    recover(site.store, site.queue)
    recover(site.store, site.queue)
    assert site.queue.waiting() == {site.run_id}
    assert len(site.queue.huey.pending()) == 1


def test_a_run_whose_worker_lives_is_left_alone(site):
    claim(site.store, site.run_id, "alive", "CPU, 2 cores")
    recover(site.store, site.queue)
    assert site.run().status == "running"


def test_a_run_whose_worker_is_gone_waits_for_the_next_one(site, long_ago):
    lose(site, long_ago)
    assert site.run().status == "queued"
    assert site.queue.waiting() == {site.run_id}
    assert "the run goes on from its last epoch" in site.texts()[-1]


def test_the_third_loss_ends_the_run_with_a_reason(site, long_ago):
    for _ in range(3):
        lose(site, long_ago)
    run = site.run()
    assert (run.status, run.seat) == ("failed", None)
    assert run.reason.startswith("The worker stopped three times")


def test_trying_again_gives_three_new_chances(site, long_ago):
    for _ in range(3):
        lose(site, long_ago)
    with site.store.session() as session:
        session.add(RunEvent(run_id=site.run_id, kind=AGAIN, payload={"text": "again"}))
    site.change(status="queued", seat=1, reason=None)
    lose(site, long_ago)
    assert site.run().status == "queued"


def test_a_cancelled_run_whose_worker_is_gone_ends_as_cancelled(site, long_ago):
    claim(site.store, site.run_id, "doomed", "CPU, 2 cores")
    site.change(heartbeat_at=long_ago, cancel_asked=True)
    recover(site.store, site.queue)
    assert (site.run().status, site.run().seat) == ("cancelled", None)
