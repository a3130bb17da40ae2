"""Weights to start from: complete, partial, of another network, or not there."""

from pathlib import Path

import keras
import numpy as np
import pytest

from fetal.bundle import Card, Head, InputSpec, write_bundle
from fetal.training.export.graph import export_graph
from fetal.training.networks.architectures import build
from fetal.training.networks.initial_weights import WeightsError, load_weights_file


@pytest.fixture(scope="module")
def built() -> tuple[keras.Model, list[np.ndarray]]:
    model = build("resnet50", 32, [0.0] * 3, [1.0] * 3)
    return model, model.get_weights()


@pytest.fixture
def model(built: tuple[keras.Model, list[np.ndarray]]) -> keras.Model:
    """A ResNet50 with the weights with which it was built."""
    network, weights = built
    network.set_weights(weights)
    return network


def weights_of(model: keras.Model) -> dict[str, np.ndarray]:
    return {
        f"{layer.name}__{variable.name}": np.full(variable.shape, 0.25, np.float16)
        for layer in model.layers
        if layer.name not in ("head", "normalise")
        for variable in layer.weights
    }


def test_a_complete_file_fills_every_layer(model: keras.Model, tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", allow_pickle=False, **weights_of(model))
    assert load_weights_file(model, tmp_path / "weights.npz") == []
    assert (model.get_layer("conv3_block2_1_conv").get_weights()[0] == 0.25).all()


def test_a_model_gives_all_its_weights_the_last_layer_too(
    model: keras.Model, tmp_path: Path
) -> None:
    grey = InputSpec(32, (0.0,) * 3, (1.0,) * 3)
    card = Card("before", "2026-11-26", "resnet50", grey, Head("maps"))
    before = build("resnet50", 32, grey.mean, grey.std)
    write_bundle(tmp_path / "before", card, lambda draft: export_graph(before, draft))
    assert load_weights_file(model, tmp_path / "before") == []
    for ours, theirs in zip(model.weights, before.weights, strict=True):
        if not ours.path.startswith("normalise"):
            np.testing.assert_allclose(ours, theirs, atol=1e-3)
    with pytest.raises(WeightsError, match="before does not fit densenet121"):
        load_weights_file(build("densenet121", 32, grey.mean, grey.std), tmp_path / "before")


def test_a_lost_kernel_starts_fresh_and_so_does_its_normalisation(
    model: keras.Model, tmp_path: Path
) -> None:
    values = weights_of(model)
    del values["conv5_block1_2_conv__kernel"]
    np.savez(tmp_path / "weights.npz", allow_pickle=False, **values)
    fresh = load_weights_file(model, tmp_path / "weights.npz")
    assert fresh == ["conv5_block1_2_conv", "conv5_block1_2_bn"]
    assert (model.get_layer("conv5_block1_2_bn").get_weights()[0] == 1).all()


def test_names_of_old_keras_are_understood(model: keras.Model, tmp_path: Path) -> None:
    layer = model.get_layer("conv2_block1_3_conv")
    kernel, bias = (np.full(variable.shape, 0.5) for variable in layer.weights)
    np.savez(tmp_path / "weights.npz", res2a_branch2c__kernel=kernel, res2a_branch2c__bias=bias)
    load_weights_file(model, tmp_path / "weights.npz")
    assert (layer.get_weights()[0] == 0.5).all()


def test_the_shared_partial_weights_lack_nine_kernels(
    model: keras.Model, start_weights: Path
) -> None:
    fresh = load_weights_file(model, start_weights / "resnet50_imagenet_partial.npz")
    kernels = [name for name in fresh if name.endswith("_conv")]
    assert len(kernels) == 9
    assert all(name.startswith("conv5") for name in fresh)


def test_a_complete_shared_densenet_fits(start_weights: Path) -> None:
    model = build("densenet121", 32, [0.0] * 3, [1.0] * 3)
    assert load_weights_file(model, start_weights / "densenet121_imagenet.npz") == []


def test_weights_of_another_network_are_refused(model: keras.Model, tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", block1_conv1__kernel=np.zeros((3, 3, 3, 64)))
    with pytest.raises(WeightsError, match="names none of the layers of resnet50"):
        load_weights_file(model, tmp_path / "weights.npz")


def test_a_missing_file_is_named(model: keras.Model, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="there is none"):
        load_weights_file(model, tmp_path / "absent.npz")


def test_sononet_takes_its_authors_weights(start_weights: Path) -> None:
    model = build("sononet16", 32, [0.0] * 3, [1.0] * 3)
    assert load_weights_file(model, start_weights / "sononet16.npz") == []
    with np.load(start_weights / "sononet16.npz") as file:
        kernel, inverse = file["arr_5"], file["arr_9"]
    ours = model.get_layer("conv1_2_conv").get_weights()[0]
    assert np.array_equal(ours[0, 2, 3, 5], kernel[5, 3, 0, 2])
    bn = model.get_layer("conv1_2_bn")
    assert np.allclose(1 / np.sqrt(bn.get_weights()[3] + bn.epsilon), inverse)


def test_a_sononet_file_of_another_width_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "sononet32.npz", arr_0=np.zeros((32, 1, 3, 3)))
    model = build("sononet16", 32, [0.0] * 3, [1.0] * 3)
    with pytest.raises(WeightsError, match=r"arr_0 of shape \(16, 1, 3, 3\)"):
        load_weights_file(model, tmp_path / "sononet32.npz")


@pytest.mark.parametrize("name", ["damaged.npz", "damaged.h5"])
def test_a_damaged_file_is_named(model: keras.Model, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 and then nothing of a weights file")
    with pytest.raises(WeightsError, match=f"{name} cannot be read: it is damaged"):
        load_weights_file(model, tmp_path / name)
