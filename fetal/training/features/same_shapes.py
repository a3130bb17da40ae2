"""Parts of one shape, where Keras compiles a network anew for each."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fetal.training.networks.compute_device import compiles_each_shape


def filled_up(batch: NDArray[Any], multiple: int) -> NDArray[Any]:
    """Repeat inputs until their number is a multiple, so that the last part has every part's shape.

    Args:
        batch: (n, ...), with at least one input.
        multiple: Of how many; where Keras does not compile for each shape, nothing is repeated.

    Returns:
        (m, ...), whose first n are the batch.
    """
    if not compiles_each_shape():
        return batch
    return batch[np.arange(-(-len(batch) // multiple) * multiple) % len(batch)]
