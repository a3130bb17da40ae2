"""Runs as people see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.store.tables import ModelVersion, Run, RunEvent

WAITING = "Waiting for a worker"
STARTING = "Starting"
LOG_LINES = 500


@dataclass(frozen=True)
class RunView:
    """One retraining.

    Attributes:
        id: its number.
        status: queued, running, done, failed or cancelled.
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
        curves: one dict an epoch: stage, epoch, loss, accuracy, val_loss, val_accuracy, seconds.
        log: moments and lines, oldest first.
        settings: what it was asked to do.
        counts: what it trains on: scans, patients, and scans of each plane in each split.
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
    status: str
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
    curves: list[dict[str, Any]]
    log: list[tuple[datetime, str]]
    settings: dict[str, Any]
    counts: dict[str, Any]
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
        return self.status in ("queued", "running")

    @property
    def seconds(self) -> float | None:
        """How long it took, from when a worker first took it to its end."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


def run_view(session: Session, run: Run) -> RunView:
    """Tell of one run.

    Args:
        session: the transaction.
        run: its row.

    Returns:
        The run as people see it.
    """
    events = list(
        session.scalars(select(RunEvent).where(RunEvent.run_id == run.id).order_by(RunEvent.id))
    )
    version = session.scalars(
        select(ModelVersion).where(ModelVersion.run_id == run.id)
    ).one_or_none()
    parent = session.get(ModelVersion, run.parent_id) if run.parent_id else None
    progress = run.progress or {}
    return RunView(
        id=run.id,
        status=run.status,
        stage=_stage(run),
        stage_index=progress.get("index"),
        stages=progress.get("of"),
        epoch=progress.get("epoch"),
        epochs=progress.get("epochs"),
        step=progress.get("step"),
        steps=progress.get("steps"),
        seconds_left=progress.get("seconds_left"),
        loss=progress.get("loss"),
        accuracy=progress.get("accuracy"),
        curves=_curves(events),
        log=[(event.at, line) for event in events if (line := _line(event))][-LOG_LINES:],
        settings=run.settings,
        counts=run.snapshot_counts,
        who=run.who,
        asked_at=run.asked_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        device=run.device,
        reason=run.reason,
        cancelling=run.cancel_asked and run.status == "running",
        model_id=version.id if version else None,
        model_name=version.name if version else None,
        parent_id=run.parent_id,
        parent_name=parent.name if parent else None,
        snapshot=run.snapshot,
    )


def _stage(run: Run) -> str | None:
    if run.status == "queued":
        return WAITING
    stage: str | None = (run.progress or {}).get("stage")
    return stage or (STARTING if run.status == "running" else None)


def _curves(events: list[RunEvent]) -> list[dict[str, Any]]:
    """One point an epoch: an attempt that repeats an epoch replaces its point."""
    points: dict[tuple[Any, Any], dict[str, Any]] = {}
    for event in events:
        if event.kind == "epoch":
            key = (event.payload.get("stage"), event.payload.get("epoch"))
            points.pop(key, None)
            points[key] = event.payload
    return list(points.values())


def _line(event: RunEvent) -> str | None:
    if event.kind == "stage":
        return f"{event.payload['stage']} …"
    text: str | None = event.payload.get("text")
    return text
