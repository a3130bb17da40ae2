"""How far a run is: the newest of what its training said, as the table `run` keeps it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from fetal.training.events import EpochDone, StageBegun, StepDone, fields_of


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is; None stands for what nobody knows yet.

    Attributes:
        stage: what is done, in words.
        index: which stage it is, counted from 1.
        of: how many stages the run has.
        epoch: which epoch of the stage, counted from 1.
        epochs: of how many.
        step: which step of the stage or the epoch.
        steps: of how many.
        seconds_left: seconds to the end of the stage.
        loss: the newest training loss.
        accuracy: the newest share of training scans that are predicted right, 0 to 1.
    """

    stage: str | None = None
    index: int | None = None
    of: int | None = None
    epoch: int | None = None
    epochs: int | None = None
    step: int | None = None
    steps: int | None = None
    seconds_left: float | None = None
    loss: float | None = None
    accuracy: float | None = None

    def after(self, event: StageBegun | StepDone | EpochDone) -> Self:
        """Return the progress once an event has happened; a new stage forgets the one before."""
        known = fields_of(event)
        names = {one.name for one in fields(self)} & known.keys()
        before = type(self)() if isinstance(event, StageBegun) else self
        return replace(before, **{name: known[name] for name in names})

    def to_json(self) -> dict[str, Any]:
        """The values that are known, as the column `run.progress` holds them."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any] | None) -> Self:
        """The inverse of `to_json`; values that this version does not know are left out."""
        names = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in (values or {}).items() if name in names})
