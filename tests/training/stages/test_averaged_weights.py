"""The running mean of the weights is what is validated and kept; learning goes on beside it."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from fetal.training.events import EpochDone, TrainingEvent
from fetal.training.pipeline import train_network
from fetal.training.settings import Stage
from tests.training.tiny_network import STILL, TINY, tiny_splits, use_tiny_network

EPOCHS = 4
# All scans in one batch: an epoch is a step, and what it left is in its checkpoint.
SETTINGS = TINY.but(
    batch=16,
    optimizer="adam",
    augmentation=STILL,
    stages=(Stage("All layers", "all", EPOCHS, 3e-3, patience=EPOCHS),),
)
AVERAGED = SETTINGS.but(average=0.7)


class Killed(BaseException):
    """Stands for a kill: nothing in the pipeline may catch it."""


class Run:
    """A training that remembers the weights that each epoch left in its checkpoint."""

    def __init__(self, folder: Path, settings: Any, killed_after: int = 0) -> None:
        self.points: list[EpochDone] = []
        self.left: list[list[np.ndarray]] = []
        self._folder, self._killed_after = folder, killed_after
        self.network = train_network(tiny_splits(), settings, folder, self._hear)

    def _hear(self, event: TrainingEvent) -> None:
        if isinstance(event, EpochDone):
            self.points.append(event)
            with np.load(self._folder / "last.npz") as file:
                self.left.append([file[name] for name in sorted(file.files)])
            if event.epoch == self._killed_after:
                raise Killed


def values_of(network: keras.Model) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(variable) for variable in network.variables]


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_network(monkeypatch)


def test_the_mean_is_kept_and_learning_is_as_without_it(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("plain", "averaged")]
    for folder in folders:
        folder.mkdir()
    plain, averaged = Run(folders[0], SETTINGS), Run(folders[1], AVERAGED)
    count = len(plain.network.variables)
    for one, other in zip(plain.left, averaged.left, strict=True):
        for before, after in zip(one[:count], other[:count], strict=True):
            assert np.allclose(before, after, atol=1e-6)
    losses = [point.val_loss for point in averaged.points if point.val_loss is not None]
    assert len(losses) == len(averaged.points)
    best = int(np.argmin(losses))
    mean = plain.left[0][:count]
    for weights in plain.left[1 : best + 1]:
        mean = [0.7 * m + 0.3 * w for m, w in zip(mean, weights[:count], strict=True)]
    for expected, kept in zip(mean, values_of(averaged.network), strict=True):
        assert np.allclose(expected, kept, atol=1e-5)
    assert best > 0
    assert averaged.points[-1].val_loss != pytest.approx(plain.points[-1].val_loss, rel=1e-3)


def test_killed_and_called_again_it_ends_with_the_same_mean(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("whole", "killed")]
    for folder in folders:
        folder.mkdir()
    whole = Run(folders[0], AVERAGED)
    with pytest.raises(Killed):
        Run(folders[1], AVERAGED, killed_after=2)
    again = Run(folders[1], AVERAGED)
    assert [point.epoch for point in again.points] == [3, 4]
    for one, other in zip(values_of(whole.network), values_of(again.network), strict=True):
        assert np.allclose(one, other, atol=1e-6)
