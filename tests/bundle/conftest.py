from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.bundle import Bundle, Card, FeatureStatistics, Head, InputSpec, write_bundle
from fetal.training.export.graph import export_graph


class Write(Protocol):
    """Writes the network as a model of this name."""

    def __call__(
        self,
        name: str = ...,
        card: Card = ...,
        trained_on: Iterable[str] = ...,
        features: FeatureStatistics | None = ...,
    ) -> Bundle: ...


@pytest.fixture(scope="session")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    scan = keras.Input((64, 64, 1))
    three = keras.layers.Concatenate()([scan, scan, scan])
    deep = keras.layers.Conv2D(8, 3, strides=4, name="first")(three)
    deep = keras.layers.BatchNormalization(name="norm")(deep)
    deep = keras.layers.DepthwiseConv2D(3, depth_multiplier=2, name="each")(deep)
    maps = keras.layers.Activation("relu")(deep)
    pooled = keras.layers.GlobalAveragePooling2D()(maps)
    return keras.Model(scan, [maps, keras.layers.Dense(6, name="head")(pooled)])


@pytest.fixture
def card() -> Card:
    return Card(
        name="a small one",
        created="2026-11-23T10:00:00+00:00",
        architecture="small",
        input=InputSpec(64, (40.0, 41.5, 42.0), (50.0, 51.0, 52.0)),
        head=Head("maps"),
        metrics={"test": {"accuracy": {"value": 0.9, "low": 0.8, "high": 1.0}}},
        limits=["It has seen nothing."],
    )


@pytest.fixture
def write(network: keras.Model, card: Card, tmp_path: Path) -> Write:
    def write(
        name: str = "model",
        card: Card = card,
        trained_on: Iterable[str] = ("b" * 64, "a" * 64),
        features: FeatureStatistics | None = None,
    ) -> Bundle:
        return write_bundle(
            tmp_path / name,
            card,
            lambda folder: export_graph(network, folder),
            trained_on,
            features,
        )

    return write


@pytest.fixture
def weights(network: keras.Model) -> dict[str, NDArray[Any]]:
    return {
        weight.path: np.asarray(keras.ops.convert_to_numpy(weight)) for weight in network.weights
    }
