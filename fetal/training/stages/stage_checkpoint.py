"""A stage's best weights and its place, kept in memory and written as often as writing is cheap."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.training.stages.checkpoint import (
    Position,
    load_variables,
    save_arrays,
    save_position,
    save_variables,
)

SHARE = 0.1
"""The most of a stage's time that writing checkpoints may take, once the first is written: on a
GPU an epoch may be over sooner than its checkpoint would be on the disk."""


class StageCheckpoint:
    """What a stage needs to end with its best weights, and to go on after it was killed.

    Args:
        folder: the run's folder; `best.npz`, `last.npz` and the position lie there.
        model: the variables whose best values count.
        everything: these and the optimiser's.
    """

    def __init__(self, folder: Path, model: Sequence[Any], everything: Sequence[Any]) -> None:
        self._folder = folder
        self._model, self._everything = list(model), list(everything)
        self._best: list[NDArray[Any]] = []
        self._unwritten = False
        self._written_at = time.monotonic()
        self._took = 0.0

    def go_on(self) -> None:
        """Read the stage's last checkpoint into the variables."""
        load_variables(self._folder / "best.npz", self._model)
        self._best = _values(self._model)
        load_variables(self._folder / "last.npz", self._everything)

    def keep_best(self) -> None:
        """Take the present weights for the stage's best."""
        self._best = _values(self._model)
        self._unwritten = True

    def write_if_cheap(self, position: Position) -> None:
        """Write the stage's place, unless the last time is too short ago.

        Whoever goes on after a kill repeats the epochs since then, and comes to the same.
        """
        began = time.monotonic()
        if SHARE * (began - self._written_at) < self._took:
            return
        self._write_best()
        save_variables(self._folder / "last.npz", self._everything)
        save_position(self._folder, position)
        self._written_at = time.monotonic()
        self._took = self._written_at - began

    def end(self) -> None:
        """Give the variables their best values, and write these."""
        self._write_best()
        for variable, value in zip(self._model, self._best, strict=True):
            variable.assign(value)

    def _write_best(self) -> None:
        if self._unwritten:
            save_arrays(self._folder / "best.npz", self._best)
            self._unwritten = False


def _values(variables: Sequence[Any]) -> list[NDArray[Any]]:
    # Copies: a backend may hand out its own memory, which the next step changes.
    return [np.array(keras.ops.convert_to_numpy(one)) for one in variables]
