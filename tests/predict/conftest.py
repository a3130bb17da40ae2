from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
import pytest

from fetal.bundle import Bundle, Calibration, Card, Head, InputSpec, write_bundle
from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.predict import Model, load_model
from fetal.scans import Scan, encode_png, read_scan
from fetal.training.export.graph import export_graph
from fetal.training.networks.architectures import build

MEAN, STD = (41.0, 41.0, 41.0), (50.0, 50.0, 50.0)


class Write(Protocol):
    """Writes the network as a model into this folder."""

    def __call__(
        self,
        folder: Path,
        created: str = ...,
        temperature: float = ...,
        crop: bool = ...,
        check_below: float = ...,
    ) -> Bundle: ...


@pytest.fixture(scope="session", autouse=True)
def exact() -> Iterator[None]:
    """Compute in 32 bits: most of what is compared here agrees to the last digits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FETAL_PRECISION", "float32")
        yield


@pytest.fixture(scope="session")
def network() -> keras.Model:
    keras.utils.set_random_seed(2)
    network = build("resnet50", 96, MEAN, STD)
    head = network.get_layer("head").kernel
    # A random network hardly tells scans apart; a louder head makes it take sides.
    head.assign(np.asarray(keras.ops.convert_to_numpy(head)) * 12)
    return network


@pytest.fixture(scope="session")
def write(network: keras.Model) -> Write:
    def write(
        folder: Path,
        created: str = "2026-11-23",
        temperature: float = 1.5,
        crop: bool = True,
        check_below: float = 0.8,
    ) -> Bundle:
        card = Card(
            name=folder.name,
            created=created,
            architecture="resnet50",
            input=InputSpec(96, MEAN, STD, crop_to_sector=crop),
            head=Head("maps"),
            calibration=Calibration(temperature, check_below),
        )
        return write_bundle(folder, card, lambda draft: export_graph(network, draft))

    return write


@pytest.fixture(scope="session")
def folder(write: Write, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("models") / "random").folder


@pytest.fixture(scope="session")
def model(folder: Path) -> Model:
    return load_model(folder)


@pytest.fixture(scope="session")
def scans() -> list[Scan]:
    return [
        read_scan(encode_png(simulate(plane, seed).pixels), "") for seed, plane in enumerate(Plane)
    ]
