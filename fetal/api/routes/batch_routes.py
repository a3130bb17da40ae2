"""Batch jobs: started, followed, cancelled, tried again, and their tables."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse
from starlette.responses import Response

from fetal.api.callers import Exporter, JobStarter
from fetal.api.once_only import Key, once
from fetal.api.paging import After, Limit, number_of
from fetal.api.problems import Answers, documented
from fetal.api.records.batch_records import Batch, Batches, NewBatch, SetAsideRecord
from fetal.api.records.shared_records import Page
from fetal.api.services import Caller
from fetal.workbench.batches import ask_for_batches, batch_list, steer_batches
from fetal.workbench.batches.batch_list import BatchView

PARQUET = "application/vnd.apache.parquet"

_TABLE: Answers = {200: {"content": {PARQUET: {"schema": {"type": "string", "format": "binary"}}}}}

router = APIRouter(tags=["jobs"], responses=documented(404, 409))

JobName = Annotated[
    str, Path(pattern=r"^(check-)?[0-9]{1,10}$", description="The job's name, as the list gives it")
]


@router.get("/batches")
def listed(caller: JobStarter, limit: Limit = 100) -> Batches:
    """List jobs: those that wait or work, and then those that ended, the newest first."""
    found = batch_list.batch_jobs(caller.workbench, limit)
    return Batches(items=[Batch.model_validate(one) for one in found])


@router.post("/batches", response_model=Batch, status_code=202)
def start(caller: JobStarter, new: NewBatch, key: Key = None) -> Response:
    """Have a worker do a job, or return the one that does the same already.

    Of an archive and of the library, the worker has to use the workspace's folder of the app.
    """

    def begin() -> Batch:
        return Batch.model_validate(_ask(caller, new))

    return once(caller, key, ("POST /batches", new.model_dump_json().encode()), begin, 202)


@router.get("/batches/{name}")
def one(caller: JobStarter, name: JobName) -> Batch:
    """Return a job as it is now."""
    return Batch.model_validate(batch_list.batch_job(caller.workbench, name))


@router.get("/batches/{name}/set-aside")
def set_aside(
    caller: JobStarter, name: JobName, after: After = None, limit: Limit = 100
) -> Page[SetAsideRecord]:
    """List what a job could not read or predict, with the reasons, in the archive's order."""
    batch_list.batch_job(caller.workbench, name)
    found = batch_list.set_aside(caller.workbench, name, limit + 1, number_of(after) or 0)
    shown = [SetAsideRecord.model_validate(each) for each in found[:limit]]
    return Page(items=shown, next=str(shown[-1].place) if len(found) > limit else None)


@router.get("/batches/{name}/table", response_class=FileResponse, responses=_TABLE)
def table(caller: Exporter, name: JobName) -> FileResponse:
    """Return the table of a job that was started here and is done, a file in Parquet.

    The audit keeps that it was taken.
    """
    found = ask_for_batches.table(caller.workbench, name, caller.name)
    return FileResponse(found, media_type=PARQUET, filename=f"job-{name}.parquet")


@router.post("/batches/{name}/cancel", response_model=Batch)
def cancel(caller: JobStarter, name: JobName, key: Key = None) -> Response:
    """Stop a job: at once where it waits, within seconds where it works. What is done stays."""

    def stop() -> Batch:
        return Batch.model_validate(steer_batches.cancel_batch(caller.workbench, name, caller.name))

    return once(caller, key, (f"POST /batches/{name}/cancel", b""), stop)


@router.post("/batches/{name}/try-again", response_model=Batch)
def try_again(caller: JobStarter, name: JobName, key: Key = None) -> Response:
    """Have a failed or cancelled job go on where it was."""

    def revive() -> Batch:
        return Batch.model_validate(steer_batches.repeat_batch(caller.workbench, name, caller.name))

    return once(caller, key, (f"POST /batches/{name}/try-again", b""), revive)


def _ask(caller: Caller, new: NewBatch) -> BatchView:
    if new.folder is not None:
        return ask_for_batches.ask_for_archive(
            caller.workbench, new.folder, caller.name, frames=new.frames, title=new.title
        )
    ask = _ASKS[new.kind]
    return ask(caller.workbench, caller.name)


_ASKS: dict[str, Callable[..., BatchView]] = {
    "library": ask_for_batches.ask_for_library,
    "rescoring": ask_for_batches.ask_for_rescoring,
    "lookalikes": ask_for_batches.ask_for_look,
}
