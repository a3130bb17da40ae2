import numpy as np
import pytest

from fetal.explain import COLOUR_MAPS, UnknownColourMapError, colour_map, overlay


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_hotter_is_always_brighter_whatever_the_eye(name: str) -> None:
    colours = colour_map(name)
    assert colours.shape == (256, 3)
    brightness = colours @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(brightness[::8]) > 0).all()


def test_an_unknown_colour_map_is_named_with_the_choice() -> None:
    with pytest.raises(UnknownColourMapError, match=r"rainbow.*cividis"):
        colour_map("rainbow")


def test_a_cold_place_shows_the_scan_and_a_hot_one_its_colour() -> None:
    pixels = np.full((1, 3), 100, np.uint8)
    heat = np.array([[0.0, 0.25, 1.0]], np.float32)
    shown = overlay(pixels, heat, opacity=1.0, colours="viridis")[0].astype(int)
    np.testing.assert_allclose(shown[0], 100, atol=1)
    np.testing.assert_allclose(shown[1], (100 + colour_map("viridis")[64].astype(int)) / 2, atol=1)
    np.testing.assert_allclose(shown[2], colour_map("viridis")[255], atol=1)


def test_an_overlay_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="one size"):
        overlay(np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.float32))
    with pytest.raises(ValueError, match="opacity"):
        overlay(np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.float32), opacity=50)
