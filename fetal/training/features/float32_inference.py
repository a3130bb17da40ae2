"""A trained network in 32-bit arithmetic, in which it will serve, whatever it was trained in."""

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.features.same_shapes import filled_up
from fetal.training.networks.architectures import build
from fetal.training.settings import TrainingSettings

Channels = tuple[float, ...]

_PART = 512


def exact_copy(model: keras.Model, settings: TrainingSettings) -> keras.Model:
    """Copy a network into 32-bit arithmetic.

    Args:
        model: A network of `fetal.training.networks.architectures.build`.
        settings: The settings that it was built with.

    Returns:
        A model from scans to the pooled features and the logits.
    """
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        exact = build(settings.architecture, settings.size, *channels_of(model))
    finally:
        keras.config.set_dtype_policy(policy)
    exact.set_weights(model.get_weights())
    return keras.Model(exact.input, [exact.get_layer("pool").output, exact.output[1]])


def outputs_of(
    exact: keras.Model, settings: TrainingSettings, frames: PreparedScans
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Compute the outputs of an exact copy, a part of the scans at a time, as they may be many.

    Args:
        exact: What `exact_copy` made.
        settings: Its settings.
        frames: The scans.

    Returns:
        Pooled features, (n, c), and logits, (n, 6).
    """
    parts = []
    for first in range(0, len(frames.pixels), _PART):
        part = frames.pixels[first : first + _PART, ..., None]
        given = filled_up(part, settings.batch)
        outputs = exact.predict(given, batch_size=settings.batch, verbose=0)
        parts.append([values[: len(part)] for values in outputs])
    features, logits = (np.concatenate(values) for values in zip(*parts, strict=True))
    return np.asarray(features, np.float32), np.asarray(logits, np.float64)


def channels_of(model: keras.Model) -> tuple[Channels, Channels]:
    """The mean and the deviation, in grey levels, with which a network normalises a scan."""
    layer = model.get_layer("normalise")
    mean = np.ravel(keras.ops.convert_to_numpy(layer.mean))
    variance = np.ravel(keras.ops.convert_to_numpy(layer.variance))
    return tuple(map(float, mean)), tuple(float(value) for value in np.sqrt(variance))
