"""What learns in each network, and from which loss."""

import keras
import numpy as np
import pytest

from fetal.training.networks.architectures import HEAD, UnknownArchitectureError, build
from fetal.training.stages.fit_stage import check_learns, set_trainable
from fetal.training.stages.optimisation import make_loss
from tests.training.conftest import SMALL


def learning(model: keras.Model) -> set[str]:
    return {layer.name for layer in model.layers if layer.trainable and layer.weights}


def test_batch_statistics_rest_unless_they_are_fresh() -> None:
    model = build("densenet169", 32, [0.0] * 3, [1.0] * 3)
    set_trainable(model, "conv5", fresh=["conv5_block9_1_bn", "conv4_block2_1_bn"])
    names = learning(model)
    assert {name for name in names if name.endswith("bn")} == {"conv5_block9_1_bn"}
    assert "conv5_block32_2_conv" in names
    assert not any(name.startswith(("conv4", "pool4")) for name in names)
    assert HEAD in names


def test_batch_statistics_are_found_anew_where_asked_for_in_layers_that_learn() -> None:
    model = build("densenet169", 32, [0.0] * 3, [1.0] * 3)
    set_trainable(model, "conv5", fresh=[], batch_statistics=True)
    found = {name for name in learning(model) if name.endswith("bn")}
    assert {"conv5_block1_0_bn", "conv5_block9_1_bn"} <= found
    assert all(name.startswith("conv5") or name == "bn" for name in found)


def test_layer_normalisation_has_no_statistics_and_learns() -> None:
    model = build("convnexttiny", 32, [0.0] * 3, [1.0] * 3)
    set_trainable(model, "stage_3", fresh=[])
    names = {name.removeprefix("convnext_tiny_") for name in learning(model)}
    assert {"norm", HEAD, "stage_3_block_0_layernorm", "stage_3_block_2_layer_scale"} <= names
    assert all(name.startswith(("stage_3", "norm", HEAD)) for name in names)
    set_trainable(model, "downsampling_block_2", fresh=[])
    assert "convnext_tiny_downsampling_block_2" in learning(model)


def test_a_network_that_is_not_built_here_is_named() -> None:
    with pytest.raises(UnknownArchitectureError, match=r"convnexttiny.*received “convnext”"):
        check_learns(SMALL.but(architecture="convnext"))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_losses_are_what_their_papers_say(smoothing: float) -> None:
    logits = np.array([[3.0, 0.0, -1.0], [0.5, 0.2, 0.1]], np.float32)
    truth = np.eye(3, dtype=np.float32)[[0, 2]]
    smooth = truth * (1 - smoothing) + smoothing / 3
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    apart = 1 / (1 + np.exp(-logits))
    halves = truth * (1 - smoothing) + smoothing / 2
    expected = {
        "categorical": -(smooth * np.log(chances)).sum(axis=1).mean(),
        "focal": -(smooth * (1 - chances) ** 2 * np.log(chances)).sum(axis=1).mean(),
        "binary": -(halves * np.log(apart) + (1 - halves) * np.log(1 - apart)).mean(),
    }
    for name, value in expected.items():
        loss = make_loss(SMALL.but(loss=name, label_smoothing=smoothing))
        assert float(loss(truth, logits)) == pytest.approx(value, rel=1e-4), name
