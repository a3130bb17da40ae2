"""Programs start, follow, stop and repeat jobs, within their scopes and roles."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fetal.client import ApiError, Client
from fetal.jobs.batches.asked_for import drop_old_tables, read_asked, table_of
from fetal.jobs.batches.batch_queue import claim_batch
from fetal.jobs.waiting_jobs import claim_rescoring
from fetal.store.access.audit_chain import EventKind
from fetal.store.states import BatchKind, RunState
from fetal.store.tables import Promotion
from fetal.workbench.accounts import audit_trail
from fetal.workbench.accounts.tokens.scopes import Scope
from fetal.workbench.catalogue import scans
from tests.support.batch_worker import do_waiting_job
from tests.support.running_api import RunningApi

Clients = Callable[..., Client]


@pytest.fixture
def ben(client_of: Clients) -> Client:
    return client_of("ben")


def status_of(ask: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ApiError) as told:
        ask()
    return told.value.status, str(told.value)


def test_the_library_is_predicted_and_its_table_fetched(
    api: RunningApi, ben: Client, client_of: Clients, tmp_path: Path
) -> None:
    job = ben.start_batch("library")
    assert (job.status, job.kind, job.who) == (RunState.QUEUED, BatchKind.LIBRARY, "Ben")
    assert ben.start_batch("library").name == job.name
    assert status_of(lambda: ben.batch_table(job.name, tmp_path / "x"))[0] == 404
    assert do_waiting_job(api.workbench)
    done = [*ben.follow_batch(job.name)]
    assert [one.status for one in done] == [RunState.DONE]
    table = pq.read_table(ben.batch_table(job.name, tmp_path / "all.parquet"))
    assert table.num_rows == done[0].progress.done == len(scans.scans(api.workbench))
    assert status_of(lambda: ben.try_batch_again(job.name)) == (
        409,
        f"Expected a job that failed or was cancelled; job {job.name} is done.",
    )
    [started, *_] = audit_trail.newest(api.workbench, (EventKind.BATCH_STARTED,), 1)
    assert (started.who, started.detail["job"]) == ("Ben", int(job.name))
    # The table goes after a week, and another one may be asked for at any time.
    kept = table_of(api.workbench.workspace, int(job.name))
    drop_old_tables(api.workbench.workspace)
    assert kept.exists()
    os.utime(kept, (0, 0))
    drop_old_tables(api.workbench.workspace)
    assert status_of(lambda: ben.batch_table(job.name, tmp_path / "x"))[0] == 404
    # Who may see jobs need not be allowed to take a table.
    tom = client_of("tom", Scope.JOBS, Scope.EXPORT)
    assert tom.batch(job.name).status is RunState.DONE
    assert status_of(lambda: tom.batch_table(job.name, tmp_path / "x"))[0] == 403
    assert status_of(lambda: client_of("ben", Scope.JOBS).start_batch("library"))[0] == 403


def test_only_folders_that_are_allowed_are_predicted(
    api: RunningApi, ben: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FETAL_IMPORT_FOLDERS", raising=False)
    folder = tmp_path / "Jane Doe"
    folder.mkdir()
    assert status_of(lambda: ben.start_batch("archive", folder=str(folder)))[0] == 403
    monkeypatch.setenv("FETAL_IMPORT_FOLDERS", str(tmp_path))
    for place in ("/etc", "s3://bucket/archive", "http://169.254.169.254/instances"):
        assert status_of(partial(ben.start_batch, "archive", folder=place))[0] == 403
    job = ben.start_batch("archive", folder=str(folder), frames=3, title="Archive of 2024")
    assert (job.title, job.status) == ("Archive of 2024", RunState.QUEUED)
    assert ben.start_batch("archive", folder=str(folder), frames=3).name == job.name
    asked = read_asked(api.workbench.workspace, int(job.name))
    assert asked is not None
    assert (asked.source, asked.frames) == (str(folder), 3)
    assert asked.out == str(table_of(api.workbench.workspace, int(job.name)))
    assert ben.cancel_batch(job.name).status is RunState.CANCELLED
    assert ben.try_batch_again(job.name).status is RunState.QUEUED
    assert ben.cancel_batch(job.name).status is RunState.CANCELLED
    for wrong in ({"kind": "archive"}, {"kind": "library", "folder": str(folder)}):
        sent = lambda wrong=wrong: ben._connection.send(  # noqa: E731
            "POST", "/batches", headers={"Content-Type": "application/json"}, data=str(wrong)
        )
        assert status_of(sent)[0] == 422


def test_what_follows_a_promotion_is_asked_for_and_cancelled(api: RunningApi, ben: Client) -> None:
    store = api.workbench.store
    assert status_of(lambda: ben.start_batch("rescoring"))[0] == 409
    with store.session() as session:
        made = Promotion(model_id=1, kind="promote", who="Ann")
        session.add(made)
    first = ben.start_batch("rescoring")
    assert ben.start_batch("rescoring").name == first.name
    assert ben.cancel_batch(first.name).status is RunState.CANCELLED
    # The worker, which goes by promotions, does not begin what was cancelled.
    assert claim_rescoring(store, "worker") is None
    again = ben.try_batch_again(first.name)
    assert (again.name, again.status) == (first.name, RunState.QUEUED)
    assert claim_rescoring(store, "worker") is not None
    ben.cancel_batch(first.name)
    with store.session() as session:
        session.delete(session.get_one(Promotion, made.id))


def test_a_search_whose_program_was_killed_is_repeated_and_tells_what_it_set_aside(
    api: RunningApi, ben: Client
) -> None:
    job = ben.start_batch("lookalikes")
    claimed = claim_batch(api.workbench.store, "gone:1:a", lambda *_: True)
    assert claimed is not None
    lease = claimed[0]
    for place in (1, 2, 3):
        lease.set_aside(place, "Expected a picture.")
    lease.write()
    assert [one.place for one in ben.set_aside(job.name)] == [1, 2, 3]
    page = ben._connection.send("GET", f"/batches/{job.name}/set-aside", query={"limit": 2}).json()
    assert (len(page["items"]), page["next"]) == (2, "2")
    assert ben.cancel_batch(job.name).cancelling
    lease.finish(RunState.CANCELLED)
    assert ben.try_batch_again(job.name).status is RunState.QUEUED
    assert do_waiting_job(api.workbench)
    assert ben.batches()[0].status is RunState.DONE
    for name in ("999", "check-999", "9999999999"):
        for ask in (ben.batch, ben.cancel_batch, ben.try_batch_again):
            assert status_of(partial(ask, name))[0] == 404
