"""Records of retrainings: what one would do, and the life of each."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from fetal.api.records.shared_records import Asked, Record
from fetal.planes import Plane
from fetal.store.states import RunState


class NewRun(Asked):
    """What to train with."""

    preset: Literal["default", "shipped", "original"] = "default"


class Epoch(Record):
    """One point of a run's curves."""

    stage: str
    epoch: int
    epochs: int | None
    loss: float | None
    accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None
    learning_rate: float | None
    seconds: float | None


class Run(Record):
    """One retraining."""

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
    settings: dict[str, Any]
    counts: dict[str, Any]
    who: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    device: str | None
    reason: str | None = Field(description="One sentence, where it failed")
    cancelling: bool
    model_id: int | None = Field(description="The version that it made")
    model_name: str | None
    parent_id: int | None = Field(description="The version that it started from")
    parent_name: str | None

    @property
    def is_active(self) -> bool:
        """Whether it waits or works."""
        return self.status.is_active


class RunDetail(Run):
    """One retraining with its curves and its log."""

    curves: list[Epoch]
    log: list[tuple[datetime, str]] = Field(description="Moments and lines, oldest first")


class Plan(Record):
    """What a retraining would do if it were started now."""

    scans: int
    patients: int
    labels: dict[Plane, int]
    splits: dict[str, dict[Plane, int]]
    new_since_champion: int
    held_back: int
    device: str
    minutes: float
    workers: int
    reasons: list[str] = Field(description="Why it cannot start; empty where it can")
    active: list[Run] = Field(description="Those that wait or work now, the oldest first")
    places: int = Field(description="How many can go on at once: the devices that train")
    has_room: bool = Field(description="Whether one more may start, or wait")
