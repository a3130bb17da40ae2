"""Runs as people see them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from fetal.jobs.run_events import read_event
from fetal.jobs.run_progress import RunProgress
from fetal.store.bulk import any_of
from fetal.store.states import RunState
from fetal.store.tables import ModelVersion, Run, RunEvent
from fetal.training.events import EpochDone, Event, StageBegun
from fetal.training.settings import completed

WAITING = "Waiting for a worker"
STARTING = "Starting"
LOG_LINES = 500


@dataclass(frozen=True)
class RunView:
    """One retraining.

    Attributes:
        id: its number.
        status: its state.
        stage: what is being done, in words.
        stage_index: which stage it is, counted from 1.
        stages: of how many.
        epoch: which pass over the scans, counted from 1.
        epochs: of how many.
        step: which batch of the pass.
        steps: of how many.
        seconds_left: how long the training expects to take still, in seconds.
        loss: the newest training loss.
        accuracy: the newest training accuracy, 0 to 1.
        has_curves: whether there is an epoch to draw.
        curves: one point an epoch, in their order; empty in a list of all runs.
        log: moments and lines, oldest first; empty in a list.
        settings: what it was asked to do.
        counts: what it trains on: scans, patients, and scans of each plane in each split.
        first: whether somebody moved it up, so that it comes before the others that wait.
        who: who asked.
        asked_at: when.
        started_at: when a worker first took it.
        ended_at: when it ended.
        device: on what it trains.
        reason: one sentence, where it failed.
        cancelling: whether it was asked to stop and has not yet.
        model_id: the version it made.
        model_name: that version's name.
        parent_id: the champion when it was asked for.
        parent_name: that version's name.
        snapshot: the key of the blob with the frozen list of scans and labels.
    """

    id: int
    status: RunState
    stage: str | None
    stage_index: int | None
    stages: int | None
    epoch: int | None
    epochs: int | None
    step: int | None
    steps: int | None
    seconds_left: float | None
    loss: float | None
    accuracy: float | None
    has_curves: bool
    curves: list[EpochDone]
    log: list[tuple[datetime, str]]
    settings: dict[str, Any]
    counts: dict[str, Any]
    first: bool
    who: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    device: str | None
    reason: str | None
    cancelling: bool
    model_id: int | None
    model_name: str | None
    parent_id: int | None
    parent_name: str | None
    snapshot: str

    @property
    def is_active(self) -> bool:
        """Whether it waits or works."""
        return self.status.is_active

    @property
    def seconds(self) -> float | None:
        """How long it took, from when a worker first took it to its end."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


def run_view(session: Session, run: Run) -> RunView:
    """Describe one run.

    Args:
        session: the transaction.
        run: its row.

    Returns:
        The run as people see it.
    """
    rows = session.scalars(select(RunEvent).where(RunEvent.run_id == run.id).order_by(RunEvent.id))
    events = [(row.at, event) for row in rows if (event := read_event(row)) is not None]
    version = session.scalars(
        select(ModelVersion).where(ModelVersion.run_id == run.id)
    ).one_or_none()
    parent = session.get(ModelVersion, run.parent_id) if run.parent_id else None
    curves = _curves([event for _, event in events])
    log = [(at, line) for at, event in events if (line := _line(event))][-LOG_LINES:]
    view = _view(run, version, parent, has_curves=bool(curves))
    return replace(view, curves=curves, log=log)


def run_views(session: Session) -> list[RunView]:
    """Describe all runs, newest first, without their curves and logs.

    Args:
        session: the transaction.
    """
    parent = aliased(ModelVersion)
    epoch = exists().where(RunEvent.run_id == Run.id, RunEvent.kind == EpochDone.kind)
    rows = session.execute(
        select(Run, ModelVersion, parent, epoch)
        .outerjoin(ModelVersion, ModelVersion.run_id == Run.id)
        .outerjoin(parent, parent.id == Run.parent_id)
        .order_by(Run.id.desc())
    )
    return [_view(run, made, before, has_curves=curves) for run, made, before, curves in rows]


def with_curves(session: Session, views: Sequence[RunView]) -> list[RunView]:
    """Add their curves to runs of a list.

    Args:
        session: the transaction.
        views: the runs.

    Returns:
        The same runs, with curves.
    """
    epochs = select(RunEvent).where(
        any_of(RunEvent.run_id, [view.id for view in views]), RunEvent.kind == EpochDone.kind
    )
    found: dict[int, list[Event]] = {view.id: [] for view in views}
    for row in session.scalars(epochs.order_by(RunEvent.id)):
        if (event := read_event(row)) is not None:
            found[row.run_id].append(event)
    return [replace(view, curves=_curves(found[view.id])) for view in views]


def _view(
    run: Run, version: ModelVersion | None, parent: ModelVersion | None, *, has_curves: bool
) -> RunView:
    progress = RunProgress.from_json(run.progress)
    state = RunState(run.status)
    return RunView(
        id=run.id,
        status=state,
        stage=_stage(state, progress),
        stage_index=progress.index,
        stages=progress.of,
        epoch=progress.epoch,
        epochs=progress.epochs,
        step=progress.step,
        steps=progress.steps,
        seconds_left=progress.seconds_left,
        loss=progress.loss,
        accuracy=progress.accuracy,
        has_curves=has_curves,
        curves=[],
        log=[],
        settings=completed(run.settings),
        counts=run.snapshot_counts,
        first=run.priority > 0,
        who=run.who,
        asked_at=run.asked_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        device=run.device,
        reason=run.reason,
        cancelling=run.cancel_asked and state is RunState.RUNNING,
        model_id=version.id if version else None,
        model_name=version.name if version else None,
        parent_id=run.parent_id,
        parent_name=parent.name if parent else None,
        snapshot=run.snapshot,
    )


def _stage(state: RunState, progress: RunProgress) -> str | None:
    if state is RunState.QUEUED:
        return WAITING
    return progress.stage or (STARTING if state is RunState.RUNNING else None)


def _curves(events: list[Event]) -> list[EpochDone]:
    """One point an epoch: an attempt that repeats an epoch replaces its point."""
    points: dict[tuple[str, int], EpochDone] = {}
    for event in events:
        if isinstance(event, EpochDone):
            key = event.stage, event.epoch
            points.pop(key, None)
            points[key] = event
    return list(points.values())


def _line(event: Event) -> str | None:
    if isinstance(event, StageBegun):
        return f"{event.stage} …"
    # Points of the curves have no line of their own.
    return getattr(event, "text", None)
