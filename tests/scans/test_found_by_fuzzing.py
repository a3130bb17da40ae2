"""What damaged files (`benchmarks/fuzz.py`, `benchmarks/guided.py`) brought to light, kept small.

Finds in archives are with the other tests of archives, and so on.
"""

import numpy as np

from fetal.scans.sector.edges import _sharpness
from fetal.scans.sector.sides import Side


def test_a_line_that_is_one_level_brighter_outside_is_no_sharp_edge() -> None:
    """The share of no step: a division by zero, for one damaged TIFF in ten thousand."""
    small = np.full((40, 40), 26, np.float32)
    small[:20] = 27
    line = np.array([[10.0, 20.0], [20.0, 20.0]])
    side = Side(small > 0, np.array([0.0, -1.0]), -20, 10, line)
    assert _sharpness(small, side) == 0
