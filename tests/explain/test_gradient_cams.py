from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from fetal.bundle import Card, Head, InputSpec, write_bundle
from fetal.explain import ForwardPass, GradCam, GradCamPlusPlus, HiResCam, grad_cam
from fetal.phantom import simulate
from fetal.planes import PLANES, Plane
from fetal.predict import load_model
from fetal.training.export.graph import export_graph
from fetal.training.networks.architectures import build
from fetal.training.networks.from_bundle import restore

MEAN, STD = (41.0, 41.0, 41.0), (50.0, 50.0, 50.0)
CLASSES = 6

Score = Callable[[Any], Any]
"""From a batch of maps to its logits."""


def head_over(maps: NDArray[np.float64]) -> tuple[Score, ForwardPass, NDArray[np.float64]]:
    """A pooling and a dense layer as every model has them, and what the methods need of them."""
    keras.utils.set_random_seed(4)
    pool = keras.layers.GlobalAveragePooling2D(dtype="float64")
    dense = keras.layers.Dense(CLASSES, dtype="float64", bias_initializer="normal")
    logits = dense(pool(maps[None]))[0]
    seen = ForwardPass(maps.astype(np.float32), np.asarray(dense.kernel, np.float32))
    return lambda some: dense(pool(some)), seen, np.asarray(logits)


def some_maps(seed: int = 0) -> NDArray[np.float64]:
    """Maps as after a ReLU: many cells are 0."""
    maps = np.random.default_rng(seed).normal(size=(3, 4, 8)) * 6
    return np.maximum(maps, 0)


def gradient(score: Score, maps: NDArray[np.float64], index: int) -> NDArray[np.float64]:
    """The gradient of a class's logit by each cell of each map, by automatic differentiation."""
    watched = tf.constant(maps[None])
    with tf.GradientTape() as tape:
        tape.watch(watched)
        value = score(watched)[0, index]
    found: NDArray[np.float64] = tape.gradient(value, watched)[0].numpy()
    return found


def derivatives(score: Score, maps: NDArray[np.float64], index: int) -> list[NDArray[np.float64]]:
    """First, second and third derivative of exp(logit) by each cell of each map."""
    # One copy of the maps for each cell, moved along that cell only.
    moves = tf.zeros(maps.size, tf.float64)
    along = tf.reshape(tf.eye(maps.size, dtype=tf.float64), (maps.size, *maps.shape))
    with tf.GradientTape() as third:
        third.watch(moves)
        with tf.GradientTape() as second:
            second.watch(moves)
            with tf.GradientTape() as first:
                first.watch(moves)
                value = tf.exp(score(maps[None] + moves[:, None, None, None] * along)[:, index])
            once = first.gradient(value, moves)
        twice = second.gradient(once, moves)
    thrice = third.gradient(twice, moves)
    return [tf.reshape(each, maps.shape).numpy() for each in (once, twice, thrice)]


def scaled(heat: NDArray[Any]) -> NDArray[Any]:
    positive = np.maximum(heat, 0)
    found: NDArray[Any] = positive / positive.max() if positive.max() > 0 else positive
    return found


def published_grad_cam(model: keras.Model, scan: NDArray[np.float32], index: int) -> NDArray[Any]:
    """Grad-CAM as published, by automatic differentiation of a whole network."""
    with tf.GradientTape() as tape:
        maps, logits = model(scan[None])
        tape.watch(maps)
        # The head is applied again so that the tape sees the score as a function of the maps.
        score = model.get_layer("head")(model.get_layer("pool")(maps))[0, index]
    np.testing.assert_allclose(score, logits[0, index], rtol=1e-4, atol=1e-5)
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(1, 2))
    return scaled(tf.reduce_sum(maps * weights[:, None, None], axis=-1)[0].numpy())


def test_the_heat_maps_are_those_of_automatic_differentiation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_PRECISION", "float32")
    keras.utils.set_random_seed(3)
    network = build("resnet50", 128, MEAN, STD)
    card = Card("random", "2026-11-23", "resnet50", InputSpec(128, MEAN, STD), Head("maps"))
    bundle = write_bundle(tmp_path / "m", card, lambda folder: export_graph(network, folder))
    restored = restore(bundle)
    compared = 0
    for plane in (Plane.BRAIN, Plane.FEMUR):
        prediction = load_model(bundle.folder).predict(simulate(plane, 1).pixels)
        seen = prediction.framing.apply(prediction.scan.pixels)[..., None].astype(np.float32)
        for index in range(len(PLANES)):
            expected = published_grad_cam(restored, seen, index)
            compared += expected.max() > 0
            np.testing.assert_allclose(prediction.heat[index], expected, atol=1e-3)
    assert compared >= 6


def test_grad_cam_plus_plus_is_that_of_third_derivatives() -> None:
    maps = some_maps()
    score, seen, _ = head_over(maps)
    heat = GradCamPlusPlus()(seen)
    for index in range(CLASSES):
        once, twice, thrice = derivatives(score, maps, index)
        coefficient = twice / (2 * twice + maps.sum(axis=(0, 1)) * thrice)
        weights = (coefficient * np.maximum(once, 0)).sum(axis=(0, 1))
        assert (weights > 0).any()
        np.testing.assert_allclose(heat[index], scaled(maps @ weights), atol=1e-5)


def test_grad_cam_plus_plus_differs_from_grad_cam() -> None:
    _, seen, _ = head_over(some_maps())
    assert np.abs(GradCamPlusPlus()(seen) - GradCam()(seen)).max() > 0.05


def test_hirescam_is_that_of_automatic_differentiation_and_adds_up_to_the_score() -> None:
    maps = some_maps(1)
    score, seen, logits = head_over(maps)
    bias = np.asarray(score(np.zeros((1, *maps.shape))))[0]
    signed = HiResCam().signed(seen)
    for index in range(CLASSES):
        expected = (gradient(score, maps, index) * maps).sum(axis=-1)
        np.testing.assert_allclose(signed[..., index], expected, atol=1e-6)
        np.testing.assert_allclose(signed[..., index].sum() + bias[index], logits[index], rtol=1e-5)


def test_hirescam_equals_grad_cam_where_one_dense_layer_follows_averages() -> None:
    maps = some_maps(2)
    score, seen, _ = head_over(maps)
    for index in range(CLASSES):
        slope = gradient(score, maps, index)
        # Why they are equal: the gradient does not change from cell to cell.
        np.testing.assert_allclose(slope, np.broadcast_to(slope[0, 0], slope.shape), atol=1e-12)
    np.testing.assert_allclose(HiResCam()(seen), GradCam()(seen), atol=1e-6)


def test_a_class_for_which_nothing_speaks_has_an_empty_map() -> None:
    maps = np.ones((2, 3, 1), np.float32)
    heat = grad_cam(maps, np.array([[-1.0, 0.0, 2.0]]))
    np.testing.assert_array_equal(heat[:2], 0)
    np.testing.assert_array_equal(heat[2], 1)
