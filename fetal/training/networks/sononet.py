"""SonoNet-16, a network made for fetal ultrasound, and the weights that its authors trained.

Baumgartner et al. 2017, “SonoNet: Real-Time Detection and Localisation of Fetal Standard Scan
Planes in Freehand Ultrasound”, https://arxiv.org/abs/1612.05601; network and weights
(Apache-2.0): https://github.com/baumgach/SonoNet-weights.

The convolutions are those of VGG16 with a quarter of the channels or less, each followed by batch
normalisation. The authors' own head, two layers of 1 x 1 convolutions, is left out.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

WIDTHS = ((16, 16), (32, 32), (64, 64, 64), (128, 128, 128), (128, 128, 128))
"""The channels of each convolution; the picture is halved between the five groups."""

_EPSILON = 1e-4
"""Lasagne's, with which the stored deviations were made."""

_SCALE = 255.0
"""The authors multiplied every standardised scan by this, before the first convolution."""

Variables = Mapping[str, NDArray[Any]]


def sononet16(
    *, include_top: bool = False, weights: None = None, input_tensor: Any = None
) -> keras.Model:
    """Build the convolutions that all of SonoNet's classes share.

    Args:
        include_top: Must be False: the network's own head is not built.
        weights: Must be None: Keras has none to download.
        input_tensor: Scans of three equal channels; without it, of any size.

    Returns:
        A model from scans to maps of 128 channels and a sixteenth of the scan's side.

    Raises:
        ValueError: another head or weights are asked for.

    Example:
        >>> sononet16().output.shape
        (None, None, None, 128)
    """
    if include_top or weights is not None:
        raise ValueError(
            "SonoNet-16 expects no top and no weights by name; received "
            f"{include_top} and {weights}. Give the path of the authors' .npz as the start."
        )
    tensor = scan = keras.Input((None, None, 3)) if input_tensor is None else input_tensor
    for group, widths in enumerate(WIDTHS, start=1):
        for number, width in enumerate(widths, start=1):
            name = f"conv{group}_{number}"
            tensor = keras.layers.Conv2D(
                width, 3, padding="same", use_bias=False, name=f"{name}_conv"
            )(tensor)
            tensor = keras.layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}_bn")(tensor)
            tensor = keras.layers.ReLU(name=f"{name}_relu")(tensor)
        if group < len(WIDTHS):
            tensor = keras.layers.MaxPooling2D(name=f"conv{group}_pool")(tensor)
    return keras.Model(keras.utils.get_source_inputs(scan), tensor, name="sononet16")


def from_lasagne(file: Variables) -> dict[str, dict[str, NDArray[np.float32]]]:
    """Give the arrays of the authors' file the names and shapes of Keras's layers.

    Kernels lie output, input, rows, columns and were trained with `flip_filters=False`, which is
    Keras's way of laying them over a picture. The first kernel takes one channel, ours three equal
    ones, so that each gets a third; it also takes the authors' factor of 255.

    Args:
        file: `arr_0`, `arr_1` and so on: for each convolution its kernel, and beta, gamma, mean
            and inverse deviation of its batch normalisation.

    Returns:
        The variables of each layer, by their names.

    Raises:
        ValueError: an array is missing or of another shape.
    """
    layers: dict[str, dict[str, NDArray[np.float32]]] = {}
    entering = 1
    number = 0
    for group, widths in enumerate(WIDTHS, start=1):
        for place, width in enumerate(widths, start=1):
            name = f"conv{group}_{place}"
            kernel = _array(file, number, (width, entering, 3, 3)).transpose(2, 3, 1, 0)
            if entering == 1:
                kernel = np.repeat(kernel, 3, axis=2) * (_SCALE / 3)
            beta, gamma, mean, inverse = (
                _array(file, number + offset, (width,)) for offset in range(1, 5)
            )
            layers[f"{name}_conv"] = {"kernel": kernel}
            layers[f"{name}_bn"] = {
                "gamma": gamma,
                "beta": beta,
                "moving_mean": mean,
                "moving_variance": np.float32(1) / inverse**2 - np.float32(_EPSILON),
            }
            entering = width
            number += 5
    return layers


def _array(file: Variables, number: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    found = file.get(f"arr_{number}")
    if found is None or found.shape != shape:
        raise ValueError(
            f"Expected arr_{number} of shape {shape}; received "
            f"{'none' if found is None else found.shape}. Choose the file SonoNet16.npz of "
            "github.com/baumgach/SonoNet-weights."
        )
    return np.asarray(found, np.float32)
