import keras
import numpy as np
import pytest
import tensorflow as tf

from fetal.bundle import Card, Head, InputSpec, write_bundle
from fetal.explain import COLOUR_MAPS, UnknownColourMapError, colour_map, grad_cam, overlay
from fetal.phantom import simulate
from fetal.planes import PLANES, Plane
from fetal.predict import load_model
from fetal.training.architectures import build
from fetal.training.export import export_graph
from fetal.training.restore import restore

MEAN, STD = (41.0, 41.0, 41.0), (50.0, 50.0, 50.0)


def differentiated(model, scan, index):
    """Grad-CAM as published, by automatic differentiation."""
    with tf.GradientTape() as tape:
        maps, logits = model(scan[None])
        tape.watch(maps)
        # The head is applied again so that the tape sees the score as a function of the maps.
        score = model.get_layer("head")(model.get_layer("pool")(maps))[0, index]
    np.testing.assert_allclose(score, logits[0, index], rtol=1e-4, atol=1e-5)
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(1, 2))
    heat = tf.nn.relu(tf.reduce_sum(maps * weights[:, None, None], axis=-1))[0].numpy()
    return heat / heat.max() if heat.max() > 0 else heat


def test_the_heat_maps_are_those_of_automatic_differentiation(tmp_path):
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
            expected = differentiated(restored, seen, index)
            compared += expected.max() > 0
            np.testing.assert_allclose(prediction.heat[index], expected, atol=1e-3)
    assert compared >= 6


def test_a_class_for_which_nothing_speaks_has_an_empty_map():
    maps = np.ones((2, 3, 1), np.float32)
    heat = grad_cam(maps, np.array([[-1.0, 0.0, 2.0]]))
    np.testing.assert_array_equal(heat[:2], 0)
    np.testing.assert_array_equal(heat[2], 1)


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_hotter_is_always_brighter_whatever_the_eye(name):
    colours = colour_map(name)
    assert colours.shape == (256, 3)
    brightness = colours @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(brightness[::8]) > 0).all()


def test_an_unknown_colour_map_is_named_with_the_choice():
    with pytest.raises(UnknownColourMapError, match=r"rainbow.*cividis"):
        colour_map("rainbow")


def test_a_cold_place_shows_the_scan_and_a_hot_one_its_colour():
    pixels = np.full((1, 3), 100, np.uint8)
    heat = np.array([[0.0, 0.25, 1.0]], np.float32)
    shown = overlay(pixels, heat, opacity=1.0, colours="viridis")[0].astype(int)
    np.testing.assert_allclose(shown[0], 100, atol=1)
    np.testing.assert_allclose(shown[1], (100 + colour_map("viridis")[64].astype(int)) / 2, atol=1)
    np.testing.assert_allclose(shown[2], colour_map("viridis")[255], atol=1)


def test_an_overlay_of_another_size_is_refused():
    with pytest.raises(ValueError, match="one size"):
        overlay(np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.float32))
    with pytest.raises(ValueError, match="opacity"):
        overlay(np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.float32), opacity=50)
