"""Retrainings: what one would do, started, followed, cancelled."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from fetal.api.callers import Reader, Trainer
from fetal.api.once_only import Key, once
from fetal.api.paging import After, Limit, number_of
from fetal.api.problems import documented
from fetal.api.records.run_records import NewRun, Plan, Run, RunDetail
from fetal.api.records.shared_records import MOST_NUMBER, Page
from fetal.training.settings import PRESETS
from fetal.workbench.retraining import service

router = APIRouter(tags=["runs"], responses=documented(404, 409))

RunNumber = Annotated[int, Path(ge=1, le=MOST_NUMBER, description="The run's number")]


@router.get("/training-plan")
def plan(caller: Reader) -> Plan:
    """Tell what a retraining would do if it were started now; nothing is changed."""
    return Plan.model_validate(service.outlook(caller.workbench))


@router.get("/runs")
def listed(caller: Reader, after: After = None, limit: Limit = 100) -> Page[Run]:
    """List retrainings, the newest first, without curves and logs."""
    before = number_of(after)
    found = [one for one in service.runs(caller.workbench) if before is None or one.id < before]
    shown = found[:limit]
    more = str(shown[-1].id) if len(found) > limit else None
    return Page(items=[Run.model_validate(one) for one in shown], next=more)


@router.post("/runs", response_model=Run, status_code=202)
def start(caller: Trainer, new: NewRun, key: Key = None) -> Response:
    """Start a retraining, or return the one that waits or works already."""

    def begin() -> Run:
        settings = PRESETS[new.preset]
        return Run.model_validate(service.start(caller.workbench, caller.name, settings))

    return once(caller, key, ("POST /runs", new.model_dump_json().encode()), begin, 202)


@router.get("/runs/{run_id}")
def one(caller: Reader, run_id: RunNumber) -> RunDetail:
    """Return a retraining as it is now, with its curves and its log."""
    return RunDetail.model_validate(service.run(caller.workbench, run_id))


@router.post("/runs/{run_id}/cancel", response_model=Run)
def cancel(caller: Trainer, run_id: RunNumber, key: Key = None) -> Response:
    """Stop a retraining: at once where it waits, within seconds where it works."""

    def stop() -> Run:
        service.run(caller.workbench, run_id)
        return Run.model_validate(service.cancel(caller.workbench, run_id, caller.name))

    return once(caller, key, (f"POST /runs/{run_id}/cancel", b""), stop)


@router.post("/runs/{run_id}/try-again", response_model=Run)
def try_again(caller: Trainer, run_id: RunNumber, key: Key = None) -> Response:
    """Have a failed or cancelled retraining go on, from its last epoch where that is kept."""

    def revive() -> Run:
        service.run(caller.workbench, run_id)
        return Run.model_validate(service.try_again(caller.workbench, run_id, caller.name))

    return once(caller, key, (f"POST /runs/{run_id}/try-again", b""), revive)
