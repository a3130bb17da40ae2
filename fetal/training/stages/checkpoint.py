"""Checkpoints: what a run needs to go on after it was killed, written whole or not at all.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


@dataclass
class Position:
    """How far a run has come."""

    stage: int = 0
    epoch: int = 0
    """Epochs of the stage that are finished."""
    best: float = float("inf")
    """The lowest validation loss of the stage."""
    waited: int = 0
    """Epochs since then."""
    learning_rate: float = 0.0

    @property
    def begun(self) -> bool:
        """Whether an earlier call has finished something here before it was stopped."""
        return self.stage > 0 or self.epoch > 0


def save_variables(path: Path, variables: list[Any]) -> None:
    """Write variables in their order, atomically, as plain arrays (never a pickle)."""
    save_arrays(path, [keras.ops.convert_to_numpy(variable) for variable in variables])


def save_arrays(path: Path, arrays: Sequence[NDArray[Any]]) -> None:
    """Write the values of variables as `save_variables` does."""
    unfinished = path.with_name(path.stem + ".part.npz")
    named: dict[str, Any] = {f"{i:04d}": values for i, values in enumerate(arrays)}
    np.savez(unfinished, **named)
    unfinished.replace(path)


def load_variables(path: Path, variables: list[Any]) -> None:
    """Give variables the values that `save_variables` wrote."""
    with np.load(path, allow_pickle=False) as file:
        values: list[NDArray[Any]] = [file[name] for name in sorted(file.files)]
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def save_position(folder: Path, position: Position) -> None:
    """Write the position last: it is what makes a checkpoint count."""
    unfinished = folder / "position.part"
    unfinished.write_text(json.dumps(asdict(position)))
    unfinished.replace(folder / "position.json")


def load_position(folder: Path) -> Position:
    """The position reached in a run's folder, or the beginning."""
    path = folder / "position.json"
    return Position(**json.loads(path.read_text())) if path.exists() else Position()
