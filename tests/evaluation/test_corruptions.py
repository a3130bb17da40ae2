"""Corruptions: each changes a scan, none so much that it could not be read."""

import numpy as np
import pytest

from fetal.evaluation.corruptions import CORRUPTIONS, corrupt
from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.scans import encode_png, read_scan


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corrupted_scan_differs_and_can_still_be_read(name: str) -> None:
    whole = simulate(Plane.CERVIX, seed=1).pixels
    corrupted = corrupt(whole, name)
    assert not np.array_equal(corrupted, whole)
    assert np.array_equal(corrupted, corrupt(whole, name))
    assert read_scan(encode_png(corrupted), "").pixels.any()


def test_a_corruption_that_is_not_in_the_suite_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected one of brighter"):
        corrupt(np.zeros((64, 64), np.uint8), "sunburn")
