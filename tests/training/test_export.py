from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import openvino
import pytest
from numpy.typing import NDArray

from fetal.bundle import Bundle, Card, Head, InputSpec, write_bundle
from fetal.training.export.graph import export_graph
from fetal.training.export.names import variable_path
from fetal.training.export.writer import ExportError, UnsupportedLayerError
from fetal.training.networks.architectures import ARCHITECTURES, IMAGENET, STAGES, build, stage_of
from fetal.training.networks.from_bundle import RestoreError, restore

LAYERS = keras.layers
Channels = tuple[tuple[float, ...], tuple[float, ...]]
"""Means and standard deviations of the channels."""

MEAN, STD = (41.1, 42.0, 43.3), (50.1, 51.0, 52.0)


def stir(model: keras.Model, spread: float = 0.3) -> keras.Model:
    """Give every vector of weights a value that shows if it is lost; round kernels to float16."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        values = np.asarray(keras.ops.convert_to_numpy(weight))
        if values.ndim > 1:
            weight.assign(values.astype(np.float16).astype(np.float32))
        else:
            weight.assign(values + rng.uniform(0, spread, values.shape))
    return model


def scans(size: int = 64, count: int = 3) -> NDArray[np.float32]:
    rng = np.random.default_rng(1)
    return rng.uniform(0, 255, (count, size, size, 1)).astype(np.float32)


def served(folder: Path, batch: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any]]:
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.compile_model(str(folder / "graph.xml"), "CPU", settings)
    result = compiled({"scan": batch})
    return result["maps"], result["logits"]


def assert_same(model: keras.Model, folder: Path, batch: NDArray[np.float32]) -> None:
    for name, ours, theirs in zip(
        ("maps", "logits"), served(folder, batch), model(batch), strict=True
    ):
        expected = np.asarray(keras.ops.convert_to_numpy(theirs))
        scale = np.abs(expected).max()
        np.testing.assert_allclose(ours, expected, atol=2e-5 * scale, rtol=1e-4, err_msg=name)


def small(middle: Callable[[Any], Any], spread: float = 0.3) -> keras.Model:
    scan = keras.Input((64, 64, 1))
    maps = middle(LAYERS.Concatenate()([scan, scan, scan]))
    pooled = LAYERS.Dropout(0.5)(LAYERS.GlobalAveragePooling2D()(maps))
    return stir(keras.Model(scan, [maps, LAYERS.Dense(6, name="head")(pooled)]), spread)


class Write(Protocol):
    """Writes a network as a model of this name."""

    def __call__(
        self, model: keras.Model, name: str, architecture: str, channels: Channels = ...
    ) -> Bundle: ...


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(
        model: keras.Model, name: str, architecture: str, channels: Channels = (MEAN, STD)
    ) -> Bundle:
        card = Card(name, "2026-11-23", architecture, InputSpec(64, *channels), Head("maps"))
        return write_bundle(tmp_path / name, card, lambda folder: export_graph(model, folder))

    return write


REGULAR = ("resnet50", "vgg19", "densenet121", "sononet16")
"""One network of each kind of layers that people train: the others take three times as long."""

NETWORKS = [
    pytest.param(name, marks=[pytest.mark.slow] * (name not in REGULAR)) for name in ARCHITECTURES
]


@pytest.mark.parametrize("architecture", NETWORKS)
def test_a_network_is_served_restored_and_written_again_without_loss(
    architecture: str, write: Write
) -> None:
    # Hundreds of layers of random weights multiply every rounding, the more the wilder they are
    # and the further scans are from what a network expects.
    spread = 0.3 if architecture in REGULAR else 0.02
    channels = IMAGENET[architecture]
    model = stir(build(architecture, 64, *channels), spread)
    bundle = write(model, "first", architecture, channels)
    assert_same(model, bundle.folder, scans())
    restored = restore(Bundle.open(bundle.folder))
    assert_same(restored, bundle.folder, scans())
    # Names rest on nothing that was built before.
    assert [*map(variable_path, restored.weights)] == [*map(variable_path, model.weights)]
    stages = {stage_of(architecture, layer.name) for layer in model.layers if layer.weights}
    assert stages == set(range(len(STAGES[architecture]) + 1))
    for ours, theirs in zip(restored.weights, model.weights, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (ours, theirs)))
    again = write(restored, "again", architecture, channels)
    for name in ("graph.xml", "graph.bin"):
        assert (again.folder / name).read_bytes() == (bundle.folder / name).read_bytes()


def test_a_resnet50_takes_less_than_75_megabytes(write: Write) -> None:
    bundle = write(build("resnet50", 64, MEAN, STD), "size", "resnet50")
    assert sum(path.stat().st_size for path in bundle.folder.iterdir()) < 75_000_000


def squeeze(tensor: Any) -> Any:
    tensor = LAYERS.Conv2D(8, 3, strides=2, padding="same", activation="swish")(tensor)
    weights = LAYERS.Reshape((1, 1, 8))(LAYERS.GlobalAveragePooling2D()(tensor))
    return LAYERS.Multiply()([tensor, LAYERS.Conv2D(8, 1, activation="sigmoid")(weights)])


def nested(tensor: Any) -> Any:
    inner = keras.Input((64, 64, 3))
    block = keras.Model(inner, LAYERS.Conv2D(8, 5, dilation_rate=2)(inner))
    stack = keras.Sequential([LAYERS.DepthwiseConv2D(3, depth_multiplier=2), LAYERS.ReLU(6.0)])
    return stack(block(tensor))


MIDDLES = {
    "squeeze and excite": squeeze,
    "nested models": nested,
    "normalised by layer": lambda tensor: LAYERS.Dense(8, activation="gelu")(
        LAYERS.LayerNormalization(epsilon=1e-6)(LAYERS.Conv2D(4, 4, strides=4)(tensor))
    ),
    "written as a sum": lambda tensor: tensor + LAYERS.Conv2D(3, 3, padding="same")(tensor),
    "in groups": LAYERS.Conv2D(12, 3, groups=3),
    "pooled": lambda tensor: LAYERS.MaxPooling2D(3, 2, padding="same")(
        LAYERS.AveragePooling2D(3, 2, padding="same")(LAYERS.ZeroPadding2D((1, 2))(tensor))
    ),
    "scaled": lambda tensor: LAYERS.BatchNormalization(scale=False)(
        LAYERS.Rescaling(1 / 127.5, offset=-1)(tensor)
    ),
    "added": lambda tensor: LAYERS.Add()(
        [tensor, LAYERS.Conv2D(3, 3, padding="same", use_bias=False)(tensor), tensor]
    ),
}


@pytest.mark.parametrize("middle", MIDDLES.values(), ids=MIDDLES)
def test_every_known_layer_computes_what_keras_computes(
    middle: Callable[[Any], Any], tmp_path: Path
) -> None:
    model = small(middle)
    export_graph(model, tmp_path)
    assert_same(model, tmp_path, scans())


def test_an_unknown_layer_is_named(tmp_path: Path) -> None:
    model = small(LAYERS.UpSampling2D(name="enlarge"))
    with pytest.raises(UnsupportedLayerError, match=r"enlarge.*UpSampling2D"):
        export_graph(model, tmp_path)


def test_an_unknown_option_is_named(tmp_path: Path) -> None:
    model = small(LAYERS.Conv2D(6, 3, activation="tanh", name="bent"))
    with pytest.raises(UnsupportedLayerError, match=r"tanh.*bent"):
        export_graph(model, tmp_path)


def test_logits_from_which_no_heat_map_follows_are_refused(tmp_path: Path) -> None:
    scan = keras.Input((64, 64, 1))
    maps = LAYERS.Conv2D(3, 3, strides=4)(scan)
    model = keras.Model(scan, [maps, LAYERS.Dense(6)(LAYERS.Flatten()(maps))])
    with pytest.raises(ExportError, match="average pooling"):
        export_graph(model, tmp_path)


def test_a_weight_that_is_no_number_is_named(tmp_path: Path) -> None:
    model = small(LAYERS.Conv2D(3, 3, name="burst"))
    layer = model.get_layer("burst")
    layer.bias.assign([np.nan, 0, 0])
    with pytest.raises(ExportError, match="burst/bias"):
        export_graph(model, tmp_path)


def test_a_kernel_beyond_float16_is_kept_exactly(write: Write) -> None:
    model = small(LAYERS.Conv2D(3, 3, name="huge"))
    model.get_layer("huge").kernel.assign(np.full((3, 3, 3, 3), 1e6))
    assert write(model, "huge", "small").variables()["huge/kernel"].max() == 1e6


def test_weights_that_do_not_fit_their_network_are_named(write: Write) -> None:
    bundle = write(small(LAYERS.Conv2D(3, 3, name="lonely")), "odd", "resnet50")
    with pytest.raises(RestoreError, match="conv1_bn"):
        restore(bundle)
