"""Small trainings on phantoms that several tests look at."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from fetal.bundle import Bundle
from fetal.phantom import simulate
from fetal.planes import FETAL_PLANES, Plane
from fetal.scans import Box
from fetal.training.data.examples import Example
from fetal.training.events import TrainingEvent
from fetal.training.settings import Augmentation, Stage, TrainingSettings

Kind = TypeVar("Kind", bound=TrainingEvent)

SMALL = TrainingSettings(
    architecture="vgg19",
    size=32,
    start="nothing",
    stages=(Stage("Head", "head", 2, 1e-5), Stage("Upper layers", "block5", 2, 1e-4)),
    batch=8,
    augmentation=Augmentation(),
    mixed_precision=False,
)


def phantom_example(plane: Plane, seed: int, split: str) -> Example:
    def read() -> tuple[np.ndarray, Box | None]:
        return simulate(plane, seed, size=(150, 200)).pixels, None

    digest = f"{FETAL_PLANES.index(plane):02d}{seed:062d}"
    return Example(digest, plane, f"P-{plane}-{seed}", split, read)


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    """Four planes, of each four training and two validation patients."""
    return [
        phantom_example(plane, seed, "train" if seed < 4 else "validation")
        for plane in FETAL_PLANES
        for seed in range(6)
    ]


@dataclass
class Training:
    bundle: Bundle
    folder: Path
    events: list[TrainingEvent] = field(default_factory=list)

    def said(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture(scope="session")
def training(examples: list[Example], tmp_path_factory: pytest.TempPathFactory) -> Training:
    """A training of a tiny network; `tests.training.tiny_network` builds it again."""
    # Imported here: tests that train nothing need no Keras.
    from fetal.training.model_card import About
    from fetal.training.pipeline import train
    from tests.training.tiny_network import use_tiny_network

    folder = tmp_path_factory.mktemp("training") / "run"
    events: list[TrainingEvent] = []
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_network(patch, normalised=True)
        bundle = train(examples, SMALL, folder, events.append, about=About("small"))
    return Training(bundle, folder, events)
