"""Each scan by its own mean and deviation: a layer, so that nobody can serve it otherwise."""

from typing import Any

import keras
from keras import ops


class StandardiseScan(keras.layers.Layer):  # type: ignore[misc]
    """Takes a scan's own mean from its grey levels and divides them by its own deviation.

    Args:
        epsilon: Added to the variance, in squared grey levels: a blank scan stays blank.

    Example:
        >>> float(StandardiseScan()(keras.ops.ones((1, 4, 4, 1)))[0, 0, 0, 0])
        0.0
    """

    def __init__(self, epsilon: float = 1e-3, **named: Any) -> None:
        super().__init__(**named)
        self.epsilon = epsilon

    def call(self, scans: Any) -> Any:
        """From grey levels, (n, rows, columns, channels), to the same shape."""
        mean, variance = ops.moments(scans, axes=[1, 2, 3], keepdims=True)
        return (scans - mean) / ops.sqrt(variance + self.epsilon)
