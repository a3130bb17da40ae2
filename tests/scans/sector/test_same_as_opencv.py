"""The faster ways to components, strokes and runs give exactly what OpenCV's own functions give.

A scan is known again by the digest of its masked pixels, so not one of them may differ.
"""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.scans.sector.blanking import blank
from fetal.scans.sector.components import connected_components, labelled
from fetal.scans.sector.detect_sector import find_sector, look_for_sector
from fetal.scans.sector.gray_bars import _opened_upwards
from fetal.scans.sector.stroke_density import dense_in_all


def speckled(share: float, shape: tuple[int, int], seed: int = 0) -> NDArray[np.bool_]:
    """A mask of small blotches, of about the share of pixels."""
    noise = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 1.2)
    return np.asarray(smooth > np.quantile(smooth, 1 - share), np.bool_)


@pytest.mark.parametrize("share", [0.02, 0.4], ids=["few pixels", "many pixels"])
@pytest.mark.parametrize("connectivity", [4, 8])
def test_components_are_measured_as_opencv_measures_them(share: float, connectivity: int) -> None:
    mask = speckled(share, (61, 83))
    _, labels, stats, centres = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=connectivity
    )
    found = connected_components(mask, connectivity)
    assert found.boxes.tolist() == stats[1:, :4].tolist()
    assert found.areas.tolist() == stats[1:, cv2.CC_STAT_AREA].tolist()
    assert found.mean_columns().tolist() == centres[1:, 0].tolist()
    assert found.mean_rows().tolist() == centres[1:, 1].tolist()
    large = found.areas > 5
    assert np.array_equal(found.drawn(large), np.r_[False, large][labels])


def test_components_without_a_pixel_are_none() -> None:
    assert len(connected_components(np.zeros((5, 6), np.bool_)).boxes) == 0
    assert labelled(np.zeros((5, 6), np.bool_))[1].tolist() == [0]


@pytest.mark.parametrize("least", [0, 30, 10_000])
def test_large_components_and_the_largest_are_counted(least: int) -> None:
    mask = speckled(0.4, (61, 83))
    mask[10:30, 20:60] = True
    labels, areas = labelled(mask, least)
    _, other, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8))
    true = stats[1:, cv2.CC_STAT_AREA]
    assert np.array_equal(labels, other)
    counted = true >= max(1, least)
    assert areas[1:][counted].tolist() == true[counted].tolist()
    assert areas.max() == true.max()


@pytest.mark.parametrize("shape", [(121, 160), (120, 161), (163, 121), (120, 160), (61, 83)])
def test_dense_strokes_are_those_of_halved_and_averaged_masks(shape: tuple[int, int]) -> None:
    # A busy corner, and strokes at the picture's border, where averages go on mirrored.
    masks = [speckled(0.01, shape, seed).astype(np.uint8) * 255 for seed in range(4)]
    for mask in masks:
        mask[5:40, 3:50][speckled(0.3, (35, 47), 9)] = 255
        mask[-9:, -20:][::2] = 255
    expected: int | NDArray[Any] = 1
    for mask in masks:
        half = ((shape[1] + 1) // 2, (shape[0] + 1) // 2)
        small = cv2.resize(mask, half, interpolation=cv2.INTER_AREA)
        expected = expected & (cv2.boxFilter(small, -1, (7, 7)) > 5)
    found = dense_in_all(masks)
    assert found.any()
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("length", [3, 4, 17, 34])
def test_runs_are_those_of_an_opening(length: int) -> None:
    mask = np.repeat(speckled(0.9, (20, 40)), 6, axis=0)
    column = np.ones((length, 1), np.uint8)
    opened = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, column)
    assert np.array_equal(_opened_upwards(mask, length), opened)


@pytest.mark.parametrize(("plane", "seed"), [(Plane.FEMUR, 2032), (Plane.BRAIN, 2042)])
def test_a_second_look_that_knows_the_first_finds_what_one_finds_that_does_not(
    plane: Plane, seed: int
) -> None:
    pixels = simulate(plane, seed).pixels
    look = look_for_sector(pixels)
    for after in (*blank(pixels).looks, blank(pixels).pixels):
        look = look_for_sector(after, look)
        alone = find_sector(after)
        assert np.array_equal(look.sector.mask, alone.mask)
        assert look.sector.outline.tolist() == alone.outline.tolist()
        assert (look.sector.box, look.sector.found) == (alone.box, alone.found)
