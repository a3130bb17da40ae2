"""A network with VGG's stages that trains in a second."""

from typing import Any

import keras
import numpy as np
import pytest

from fetal.training.data.augmentation import augment
from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.networks.architectures import ARCHITECTURES, build
from fetal.training.settings import Augmentation, Stage, TrainingSettings
from fetal.training.stages import stage_checkpoint
from fetal.training.stages.stage_context import Splits

STILL = Augmentation(False, False, 0, 0, 0, 0, 0, 0, 0, 0)

TINY = TrainingSettings(
    architecture="vgg19",
    size=32,
    start="nothing",
    stages=(Stage("Upper layers", "block5", 4, 1e-2, patience=9),),
    optimizer="sgd",
    batch=8,
    dropout=0.0,
    mixed_precision=False,
)


def use_tiny_network(monkeypatch: pytest.MonkeyPatch, *, normalised: bool = False) -> None:
    """Let every VGG19 that is built from now on be five small convolutions.

    Args:
        monkeypatch: takes it back.
        normalised: whether a batch normalisation, which VGG19 lacks, follows each convolution.
    """

    # Every epoch is written: beside so small a network, writing is not cheap.
    monkeypatch.setattr(stage_checkpoint, "SHARE", float("inf"))

    def backbone(*, input_tensor: Any, **_: Any) -> keras.Model:
        maps = input_tensor
        for number in range(1, 6):
            convolution = keras.layers.Conv2D(
                8, 3, padding="same", activation="relu", name=f"block{number}_conv1"
            )
            maps = convolution(maps)
            if normalised:
                maps = keras.layers.BatchNormalization(name=f"block{number}_bn")(maps)
            if number < 4:
                maps = keras.layers.MaxPooling2D(name=f"block{number}_pool")(maps)
        return keras.Model(keras.utils.get_source_inputs(input_tensor), maps)

    monkeypatch.setitem(ARCHITECTURES, "vgg19", backbone)


def tiny_network(settings: TrainingSettings = TINY) -> keras.Model:
    """The network with weights that are the same each time."""
    keras.utils.set_random_seed(settings.seed)
    return build("vgg19", settings.size, (40.0,) * 3, (60.0,) * 3, dropout=settings.dropout)


def tiny_splits() -> Splits:
    """Sixteen scans to learn from and eight to judge by; grey levels that no variation leaves."""
    flat = np.arange(256, dtype=np.uint8)[:, None]
    kept = np.flatnonzero((augment(flat, STILL, np.random.default_rng(0)) == flat)[:, 0])
    return Splits(_split(16, kept, "train"), _split(8, kept, "validation"))


def _split(count: int, levels: Any, name: str) -> PreparedScans:
    chance = np.random.default_rng(count)
    classes = np.arange(count) % 4
    reach = len(levels) * (classes + 1) // 4
    pixels = np.stack([levels[chance.integers(0, end, (32, 32))] for end in reach])
    patients = tuple(f"{name}-{number}" for number in range(count))
    return PreparedScans(pixels.astype(np.uint8), classes, patients)
