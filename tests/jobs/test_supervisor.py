import threading

from sqlalchemy import select

from fetal.jobs.supervisor import COMPARING
from fetal.jobs.waiting_jobs import queued_run
from fetal.store.tables import PredictionRow
from tests.jobs.conftest import InBackground, Site, Supervise
from tests.support.waiting import alive, until


def test_a_run_ends_with_a_new_model_that_is_compared(site: Site, supervise: Supervise) -> None:
    supervise("finish")
    run, model = site.run(), site.made()
    assert (run.status, run.slot, run.reason) == ("done", None, None)
    assert run.ended_at is not None
    assert run.started_at is not None
    assert run.ended_at >= run.started_at
    assert run.device == "CPU, 2 cores"
    assert model.name == "v2 · today"
    assert model.parent_id == site.parent
    assert (site.store.blobs.local_folder(model.location) / "card.json").exists()
    with site.store.reading() as session:
        said = session.scalars(select(PredictionRow)).all()
    assert {row.model_id for row in said} == {model.id, site.parent}
    assert [event.payload["stage"] for event in site.events("stage")] == ["Upper layers", COMPARING]
    assert [event.payload["epoch"] for event in site.events("epoch")] == [1, 2]
    assert "Reading goes well." in site.texts()
    assert not (site.workspace.folder / "runs" / str(run.id)).exists()


def test_a_run_that_is_taken_up_twice_is_done_once(site: Site, supervise: Supervise) -> None:
    supervise("finish")
    first = site.made().id
    supervise("finish")
    assert site.made().id == first
    assert site.run().attempts == 1


def test_a_training_that_gives_up_says_why_and_frees_the_slot(
    site: Site, supervise: Supervise
) -> None:
    supervise("fail")
    run = site.run()
    assert (run.status, run.slot) == ("failed", None)
    assert run.reason == "The scans show one plane only."
    assert "a last word" in site.texts()[-1]


def test_a_training_that_crashes_leaves_its_last_words(site: Site, supervise: Supervise) -> None:
    supervise("crash")
    assert site.run().status == "failed"
    assert "Try again" in (site.run().reason or "")
    assert "RuntimeError: a bug" in site.texts()[-1]


def test_a_training_killed_by_the_computer_goes_on_by_itself(
    site: Site, supervise: Supervise
) -> None:
    supervise("killed once")
    assert site.run().status == "done"
    assert "The computer ended the training; it goes on from its last epoch." in site.texts()


def test_a_training_killed_twice_fails_with_a_reason(site: Site, supervise: Supervise) -> None:
    supervise("killed")
    assert site.run().status == "failed"
    assert (site.run().reason or "").startswith("The computer ended the training twice")
    assert len(site.starts()) == 2


def test_a_cancel_ends_the_training_within_seconds(site: Site, in_background: InBackground) -> None:
    work = in_background("hang")
    until(lambda: site.run().progress.get("step") == 3)
    (pid,) = site.starts()
    site.change(cancel_asked=True)
    work.join(5)
    assert not alive(pid)
    assert (site.run().status, site.run().slot, site.run().reason) == ("cancelled", None, None)


def test_a_worker_that_is_told_to_stop_puts_the_run_back(
    site: Site, in_background: InBackground, supervise: Supervise
) -> None:
    stopping = threading.Event()
    work = in_background("hang once", stopping)
    until(lambda: site.run().progress.get("step") == 3)
    stopping.set()
    work.join(10)
    assert site.run().status == "queued"
    assert queued_run(site.store) == site.run_id
    supervise("hang once")
    assert site.run().status == "done"


def test_a_worker_that_lost_the_run_ends_its_training(
    site: Site, in_background: InBackground
) -> None:
    work = in_background("hang")
    until(lambda: site.run().progress.get("step") == 3)
    (pid,) = site.starts()
    site.change(attempts=9, worker="another")
    work.join(10)
    assert not alive(pid)
    assert (site.run().status, site.run().worker) == ("running", "another")


def test_a_missing_snapshot_is_an_explained_failure(site: Site, supervise: Supervise) -> None:
    site.store.blobs.delete(site.snapshot)
    supervise("finish")
    assert site.run().status == "failed"
    assert site.snapshot in (site.run().reason or "")


def test_a_damaged_picture_is_left_out_of_the_comparison_and_named(
    site: Site, supervise: Supervise
) -> None:
    site.store.blobs.put(site.blob, b"no picture any more")
    supervise("finish")
    assert (site.run().status, site.run().reason) == ("done", None)
    assert site.texts()[-1] == (
        "1 scan was left out, because the pictures are missing or damaged: S-aaaa."
    )
