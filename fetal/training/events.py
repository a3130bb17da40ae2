"""What a training says of itself: one class for each kind of event, read and written the same
way by the training process, its supervisor, the table `run_event`, and the pages.

In a stream an event is one JSON object a line, `{"kind": "epoch", …}`; in the table `run_event`
its kind is one column and its fields are another. Fields that are unknown here, because another
version wrote them, are left out; so are events whose kind is unknown or that lack a field.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from math import isfinite
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class DeviceChosen:
    """The training runs on this device."""

    kind: ClassVar[str] = "device"
    device: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line for the run's log."""

    kind: ClassVar[str] = "log"
    text: str


@dataclass(frozen=True, slots=True)
class StageBegun:
    """A stage of the run begins."""

    kind: ClassVar[str] = "stage"
    stage: str
    """What is done in it, in words."""
    index: int
    """Which stage it is, counted from 1."""
    of: int
    """How many stages the run has."""


@dataclass(frozen=True, slots=True)
class StepDone:
    """Another step of a stage is done."""

    kind: ClassVar[str] = "step"
    stage: str
    step: int
    steps: int
    epoch: int | None = None
    """Which epoch is under way, counted from 1; None in a stage without epochs."""
    epochs: int | None = None
    seconds_left: float | None = None
    """Until the end of the stage."""
    loss: float | None = None
    accuracy: float | None = None
    """Share of the epoch's training scans so far that are predicted right, 0 to 1."""


@dataclass(frozen=True, slots=True)
class EpochDone:
    """An epoch has ended: a point of the learning curves."""

    kind: ClassVar[str] = "epoch"
    stage: str
    epoch: int
    """Counted from 1."""
    epochs: int | None = None
    """How many epochs the stage has at most."""
    loss: float | None = None
    """Training loss; None where it was no number."""
    accuracy: float | None = None
    """Share of the training scans that were predicted right, 0 to 1."""
    val_loss: float | None = None
    """Validation loss; None where it was no number."""
    val_accuracy: float | None = None
    learning_rate: float | None = None
    seconds: float | None = None

    @property
    def diverged(self) -> bool:
        """Whether a loss is no number any more."""
        return not all(loss is not None and isfinite(loss) for loss in (self.loss, self.val_loss))


@dataclass(frozen=True, slots=True)
class TrainingDone:
    """The training has ended with a model."""

    kind: ClassVar[str] = "done"
    bundle: str
    """The model's folder."""


@dataclass(frozen=True, slots=True)
class TrainingFailed:
    """The training has ended without a model."""

    kind: ClassVar[str] = "failed"
    reason: str
    """One sentence for a person."""


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """The worker vanished while it worked on the run."""

    kind: ClassVar[str] = "lost"
    text: str


@dataclass(frozen=True, slots=True)
class TrainingKilled:
    """The computer ended the training process."""

    kind: ClassVar[str] = "killed"
    text: str


@dataclass(frozen=True, slots=True)
class TriedAgain:
    """A person had the run tried again."""

    kind: ClassVar[str] = "again"
    text: str


TrainingEvent = (
    DeviceChosen | LogLine | StageBegun | StepDone | EpochDone | TrainingDone | TrainingFailed
)
"""What the training process itself says."""

LoggedEvent = LogLine | StageBegun | EpochDone | WorkerLost | TrainingKilled | TriedAgain
"""What is kept of a run in the table `run_event`."""

Event = TrainingEvent | LoggedEvent

OnEvent = Callable[[TrainingEvent], None]
"""Called with everything that a training says."""

_CLASSES: dict[str, type[Event]] = {
    one.kind: one
    for one in (
        *(DeviceChosen, LogLine, StageBegun, StepDone, EpochDone, TrainingDone, TrainingFailed),
        *(WorkerLost, TrainingKilled, TriedAgain),
    )
}


def fields_of(event: Event) -> dict[str, Any]:
    """Return the fields of an event as JSON holds them.

    Args:
        event: the event.

    Returns:
        The values by name; a number that is none (NaN, infinite) and a value that is not known
        are left out, as JSON and PostgreSQL know no NaN.
    """
    return {name: value for name, value in asdict(event).items() if _is_known(value)}


def event_of(kind: str, values: Mapping[str, Any]) -> Event | None:
    """Read an event that `fields_of` gave the fields of.

    Args:
        kind: its kind.
        values: its fields by name.

    Returns:
        The event; None if this version does not know its kind, or if a field is missing.
    """
    known = _CLASSES.get(kind)
    if known is None:
        return None
    names = {one.name: one.default is MISSING for one in fields(known)}
    if any(needed and values.get(name) is None for name, needed in names.items()):
        return None
    return known(**{name: values[name] for name in names if name in values})


def to_line(event: Event) -> str:
    """Write an event as one line of JSON, without the line's end."""
    return json.dumps({"kind": event.kind, **fields_of(event)})


def from_line(line: str) -> Event | None:
    """Read a line that `to_line` wrote.

    Returns:
        The event; None if this version does not know its kind.

    Raises:
        ValueError: the line is no event: something else wrote to the same stream.
    """
    values = json.loads(line, parse_constant=lambda _: None)
    if not isinstance(values, dict) or not isinstance(values.get("kind"), str):
        raise ValueError("Expected a JSON object with a kind.")
    return event_of(values["kind"], values)


def _is_known(value: Any) -> bool:
    return value is not None and (not isinstance(value, float) or isfinite(value))
