import numpy as np
import pytest

from fetal.scans import Box, pixel_digest
from fetal.scans.decode import Scan
from fetal.scans.mask_edits import Change, NothingLeftError, Tool, changed

BEFORE = np.arange(1, 61, dtype=np.uint8).reshape(6, 10)
WRITTEN = Box(2, 1, 5, 2)


def cut() -> Scan:
    """The picture with its left column and its two lowest rows blanked, and something written."""
    pixels = BEFORE.copy()
    pixels[:, 0] = pixels[4:] = 0
    return Scan(pixels, Box(1, 0, 10, 4), False, pixel_digest(pixels), lettering=(WRITTEN,))


def test_without_changes_a_scan_stays_what_it_is() -> None:
    scan = cut()
    assert changed(scan, BEFORE, []) is scan


def test_a_blanked_box_is_black_and_the_rest_stays() -> None:
    scan = changed(cut(), BEFORE, [Change(Tool.BLANK, Box(3, 0, 10, 6))])
    assert not scan.pixels[:, 3:].any()
    assert np.array_equal(scan.pixels[:, :3], cut().pixels[:, :3])
    assert scan.sector == Box(1, 0, 3, 4)
    assert scan.digest == pixel_digest(scan.pixels) != cut().digest


def test_what_is_brought_back_is_as_it_arrived() -> None:
    scan = changed(cut(), BEFORE, [Change(Tool.BRING_BACK, Box(0, 3, 4, 6))])
    assert np.array_equal(scan.pixels[3:, :4], BEFORE[3:, :4])
    assert not scan.pixels[4:, 4:].any()
    assert scan.sector == Box(0, 0, 10, 6)


def test_keeping_only_a_box_brings_nothing_back_in_it() -> None:
    scan = changed(cut(), BEFORE, [Change(Tool.KEEP_ONLY, Box(0, 2, 4, 6))])
    assert scan.sector == Box(1, 2, 4, 4)
    assert scan.pixels[:, 0].max() == 0


def test_changes_come_one_after_the_other() -> None:
    whole = Box(0, 0, 10, 6)
    steps = [Change(Tool.BLANK, whole), Change(Tool.BRING_BACK, Box(4, 4, 6, 6))]
    assert changed(cut(), BEFORE, steps).sector == Box(4, 4, 6, 6)
    with pytest.raises(NothingLeftError, match="blanks all of it"):
        changed(cut(), BEFORE, steps[::-1])


def test_lettering_that_is_blanked_is_no_longer_named() -> None:
    half = Box(2, 1, 4, 2)
    assert changed(cut(), BEFORE, [Change(Tool.BLANK, half)]).lettering == (WRITTEN,)
    assert changed(cut(), BEFORE, [Change(Tool.BLANK, WRITTEN)]).lettering == ()


def test_a_box_may_reach_past_the_picture() -> None:
    scan = changed(cut(), BEFORE, [Change(Tool.BLANK, Box(-5, -5, 4, 99))])
    assert scan.sector == Box(4, 0, 10, 4)
    assert changed(cut(), BEFORE, [Change(Tool.BLANK, Box(20, 20, 30, 30))]).sector == cut().sector
