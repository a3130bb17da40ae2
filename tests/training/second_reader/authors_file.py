"""A file in the layout of SonoNet's authors, with random weights."""

from typing import Any

import numpy as np

from fetal.training.networks.sononet import WIDTHS


def authors_file() -> dict[str, Any]:
    """Arrays in the layout of the authors' file."""
    chance = np.random.default_rng(0)
    arrays: list[Any] = []
    entering = 1
    kernels = [(width, 3) for widths in WIDTHS for width in widths] + [(64, 1), (14, 1)]
    for width, side in kernels:
        deviation = np.sqrt(2 / (entering * side * side))
        arrays.append(chance.normal(0, deviation, (width, entering, side, side)))
        arrays += [chance.uniform(low, high, width) for low, high in ((-1, 1), (0.5, 2))]
        arrays += [chance.normal(0, 0.3, width), chance.uniform(0.5, 2, width)]
        entering = width
    return {f"arr_{number}": value.astype(np.float32) for number, value in enumerate(arrays)}
