from fetal.jobs.batches.batch_lease import at_work
from fetal.jobs.batches.batch_progress import BatchProgress
from fetal.jobs.batches.batch_queue import begin_batch
from fetal.store.states import BatchKind, RunState
from fetal.workbench.batches.batch_list import batch_job
from pages.parts.app import app_state
from tests.pages.conftest import OpenApp
from tests.pages.test_pages import words


def test_a_job_is_watched_cancelled_and_tried_again(open_app: OpenApp) -> None:
    app = open_app("dataset")
    workbench = app_state.workbench()
    kind = BatchKind.LOOKALIKES
    lease = begin_batch(workbench.store, kind, "Look for copies", "Ann", slot=str(kind))
    with at_work(lease):
        lease.report(BatchProgress(10, 100))
        lease.report(BatchProgress(30, 100, refused=1, shards_done=3, shards=10))
        lease.set_aside(7, "Expected a PNG.")
        lease.write()
        app.session_state["dataset-tab"] = "Jobs"
        app.run()
        assert "Look for copies" in words(app)
        assert "running" in words(app)
        assert list(app.dataframe[0].value["Which"]) == ["file 7"]
        app.button(key="cancel-job-1").click().run()
        assert app.button(key="cancel-job-1").disabled
        lease.write()
        assert lease.stop()
    app.run()
    assert "Look for copies, cancelled" in app.expander[-1].label
    app.button(key="repeat-job-1").click().run()
    assert batch_job(workbench, "1").status is RunState.QUEUED
    assert "waiting for the worker" in words(app)
