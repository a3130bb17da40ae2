import numpy as np
import pytest

from fetal.scans import Box
from fetal.scans.letterbox import Framing

SCAN = np.random.default_rng(0).integers(1, 256, (300, 500), np.uint8)


@pytest.mark.parametrize("box", [None, Box(100, 20, 220, 290), Box(0, 100, 500, 180)])
def test_a_rectangle_holds_the_whole_box_in_its_proportions(box: Box | None) -> None:
    framing = Framing.of((300, 500), box, 288, rows=224)
    left, top, right, bottom = box or Box(0, 0, 500, 300)
    assert framing.left <= left < right <= framing.left + framing.side
    assert framing.top <= top < bottom <= framing.top + framing.down
    assert framing.down / framing.side == pytest.approx(224 / 288, abs=0.01)
    # Nothing is wasted: the box reaches both ends one way.
    assert framing.side == right - left or framing.down - (bottom - top) <= 1
    assert framing.apply(SCAN).shape == (224, 288)


def test_what_lies_past_the_scan_is_black() -> None:
    tall = Framing.of((300, 500), Box(200, 0, 260, 300), 288, rows=224).apply(SCAN)
    wide = Framing.of((300, 500), None, 288, rows=224).apply(SCAN)
    assert tall.all(axis=0).any()
    assert not wide[:20].any()
    assert not wide[-20:].any()


def test_the_way_back_leads_to_the_same_pixels() -> None:
    framing = Framing.of((300, 500), None, 288, rows=224)
    heat = np.zeros((224, 288), np.float32)
    heat[112 - 5 : 112 + 5, 200 - 5 : 200 + 5] = 1
    row, column = np.unravel_index(framing.unapply(heat).argmax(), (300, 500))
    assert row == pytest.approx(150, abs=10)
    assert column == pytest.approx(200 * 500 / 288, abs=10)


def test_a_square_is_a_rectangle_of_equal_sides() -> None:
    box = Box(50, 30, 250, 280)
    square = Framing.of((300, 500), box, 96)
    assert (square.side, square.down) == (250, 250)
    rectangle = Framing.of((300, 500), box, 96, rows=96)
    np.testing.assert_array_equal(square.apply(SCAN), rectangle.apply(SCAN))
