"""Which weights a stage ends with: those of its best epoch, or of its last."""

from pathlib import Path

import keras
import numpy as np
import pytest

from fetal.training.events import EpochDone, TrainingEvent
from fetal.training.pipeline import train_network
from fetal.training.settings import Stage
from tests.training.tiny_network import STILL, TINY, tiny_splits, use_tiny_network


@pytest.mark.parametrize("keeps", ["best", "last"])
def test_a_stage_ends_with_the_epoch_that_it_is_told_to_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeps: str
) -> None:
    use_tiny_network(monkeypatch)
    # So large a step that the loss rises again in the end.
    stage = Stage("All layers", "all", 6, 0.03, patience=6, keeps=keeps)
    points: list[EpochDone] = []
    last: list[list[np.ndarray]] = []

    def hear(event: TrainingEvent) -> None:
        if isinstance(event, EpochDone):
            points.append(event)
            with np.load(tmp_path / "last.npz") as file:
                last.append([file[name] for name in sorted(file.files)])

    settings = TINY.but(augmentation=STILL, stages=(stage,))
    network = train_network(tiny_splits(), settings, tmp_path, hear)
    losses = [point.val_loss for point in points if point.val_loss is not None]
    assert losses[-1] > min(losses)
    epoch = -1 if keeps == "last" else losses.index(min(losses))
    values = [keras.ops.convert_to_numpy(variable) for variable in network.variables]
    for value, left in zip(values, last[epoch], strict=False):
        assert np.array_equal(value, left)
