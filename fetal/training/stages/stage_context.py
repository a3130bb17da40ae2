"""What every stage of a run works with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.events import LogLine, OnEvent
from fetal.training.features.feature_cache import FeatureCache
from fetal.training.settings import TrainingSettings

if TYPE_CHECKING:
    from fetal.training.stages.rehearsal import Rehearsal


@dataclass(frozen=True)
class Splits:
    """The prepared scans of a run; no patient is in both splits."""

    train: PreparedScans
    validation: PreparedScans

    def __iter__(self) -> Iterator[PreparedScans]:
        return iter((self.train, self.validation))


@dataclass(frozen=True)
class StageContext:
    """What every stage of a run works with.

    Attributes:
        model: the network, from scans (n, size, size, 1) to maps and logits (n, classes); each
            stage goes on with the weights that the one before left.
        settings: the run's settings.
        splits: the training and the validation scans.
        folder: where checkpoints are kept.
        on_event: called with everything that the training says.
        fresh: the names of the layers that started without trained weights.
        cache: where the features of frozen layers are kept. If None, frozen layers compute every
            scan anew.
        rehearsal: what the network must not forget. If None, nothing.
    """

    model: keras.Model
    settings: TrainingSettings
    splits: Splits
    folder: Path
    on_event: OnEvent
    fresh: Sequence[str] = ()
    cache: FeatureCache | None = None
    rehearsal: "Rehearsal | None" = None

    def log(self, text: str) -> None:
        """Write a line into the run's log."""
        self.on_event(LogLine(text))
