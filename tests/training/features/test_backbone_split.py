"""A network cut where what learns begins: both parts together are the network."""

from typing import Any

import keras
import numpy as np
import pytest

from fetal.training.features.backbone_split import POOL, between, cut_at, cut_below
from fetal.training.features.frozen_backbone import forward
from fetal.training.networks.architectures import build

BLACK, WHITE = [0.0] * 3, [255.0] * 3


def outcome(model: keras.Model, given: Any) -> Any:
    return keras.tree.map_structure(keras.ops.convert_to_numpy, model(given))


@pytest.mark.parametrize(
    ("architecture", "learn", "layer"),
    [
        ("resnet50", "conv5", "conv4_block6_out"),
        ("vgg19", "block5", "block4_pool"),
        pytest.param("densenet121", "conv5", "pool4_pool", marks=pytest.mark.slow),
    ],
)
def test_both_parts_together_say_what_the_network_says(
    architecture: str, learn: str, layer: str
) -> None:
    keras.utils.set_random_seed(1)
    model = build(architecture, 32, BLACK, WHITE)
    cut = cut_below(model, learn)
    assert cut is not None
    assert cut.layer == layer
    scans = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 1)).astype(np.float32)
    features = outcome(cut.below, scans)
    assert features.shape[1:] == cut.shape
    whole = outcome(model, scans)[1]
    assert np.allclose(outcome(cut.above, features), whole, atol=1e-4)
    quick = forward(cut.below)(scans)
    assert np.allclose(quick, features, atol=1e-3 * np.abs(features).max())
    onward = forward(between(model, cut, POOL))(features)
    assert np.allclose(outcome(cut_at(model, POOL).above, onward), whole, atol=1e-3)


def test_what_learns_is_the_same_as_in_the_network() -> None:
    model = build("resnet50", 32, BLACK, WHITE)
    cut = cut_below(model, "conv5")
    assert cut is not None
    above = {variable.path for variable in cut.above.variables}
    assert above == {
        variable.path for variable in model.variables if variable.path.startswith(("conv5", "head"))
    }
    own = {id(variable) for variable in model.variables}
    assert all(id(variable) in own for variable in cut.above.variables)


@pytest.mark.parametrize("learn", ["all", "conv2", "conv4"])
def test_it_is_not_cut_where_most_of_the_work_would_remain(learn: str) -> None:
    assert cut_below(build("resnet50", 32, BLACK, WHITE), learn) is None


def test_it_is_not_cut_where_more_than_one_tensor_leads_up() -> None:
    scan = keras.Input((32, 32, 1))
    low = keras.layers.Conv2D(8, 3, padding="same", name="block1_conv1")(scan)
    high = keras.layers.Conv2D(8, 3, padding="same", name="block2_conv1")(low)
    top = keras.layers.Conv2D(8, 3, padding="same", name="block3_conv1")(high)
    maps = keras.layers.Add(name="block3_add")([top, low])
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(maps)
    logits = keras.layers.Dense(6, name="head")(pooled)
    model = keras.Model(scan, [maps, logits], name="vgg19")
    assert cut_below(model, "block3") is None


def test_a_stage_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"block1, block2.*received “conv5”"):
        cut_below(build("vgg19", 32, BLACK, WHITE), "conv5")
