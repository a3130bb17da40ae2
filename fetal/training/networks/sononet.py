"""SonoNet-16, a network made for fetal ultrasound, and the weights that its authors trained.

Baumgartner et al. 2017, “SonoNet: Real-Time Detection and Localisation of Fetal Standard Scan
Planes in Freehand Ultrasound”, https://arxiv.org/abs/1612.05601; network and weights
(Apache-2.0): https://github.com/baumgach/SonoNet-weights.

The convolutions are those of VGG16 with a quarter of the channels or less, each followed by batch
normalisation. The authors' own head, two layers of 1 x 1 convolutions, is left out of the network
that learns our planes; the second reader (`fetal.training.second_reader`) keeps it.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

WIDTHS = ((16, 16), (32, 32), (64, 64, 64), (128, 128, 128), (128, 128, 128))
"""The channels of each convolution; the picture is halved between the five groups."""

HEAD_WIDTH, HEAD_CLASSES = 64, 14
"""The channels of the authors' own head, and its classes."""

EPSILON = 1e-4
"""Lasagne's, with which the stored deviations were made."""

_SCALE = 255.0
"""The authors multiplied every standardised scan by this, before the first convolution."""

Variables = Mapping[str, NDArray[Any]]
Layers = dict[str, dict[str, NDArray[np.float32]]]


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
            tensor = keras.layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(tensor)
            tensor = keras.layers.ReLU(name=f"{name}_relu")(tensor)
        if group < len(WIDTHS):
            tensor = keras.layers.MaxPooling2D(name=f"conv{group}_pool")(tensor)
    return keras.Model(keras.utils.get_source_inputs(scan), tensor, name="sononet16")


def from_lasagne(file: Variables) -> Layers:
    """Assign the arrays of the authors' file the names and shapes of Keras's layers.

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
    layers: Layers = {}
    entering = 1
    number = 0
    for group, widths in enumerate(WIDTHS, start=1):
        for place, width in enumerate(widths, start=1):
            name = f"conv{group}_{place}"
            kernel = _array(file, number, (width, entering, 3, 3)).transpose(2, 3, 1, 0)
            if entering == 1:
                kernel = np.repeat(kernel, 3, axis=2) * (_SCALE / 3)
            layers[f"{name}_conv"] = {"kernel": kernel}
            layers[f"{name}_bn"] = _batch_normalisation(file, number, width)
            entering = width
            number += 5
    return layers


def head_from_lasagne(file: Variables) -> Layers:
    """Assign the arrays of the authors' own head the names and shapes of Keras's layers.

    The head is a 1 x 1 convolution to 64 channels with batch normalisation and ReLU, another one
    to 14 with batch normalisation alone, and the mean over the maps. Both steps of the second one
    are the same for every cell and linear, so that the mean may come before them: they become one
    dense layer, and heat maps follow from the 64 maps as from those of every other network.

    Args:
        file: as `from_lasagne` takes it.

    Returns:
        The variables of the layers `conv6_conv`, `conv6_bn` and `head`.

    Raises:
        ValueError: an array is missing or of another shape.
    """
    entering, width, classes = WIDTHS[-1][-1], HEAD_WIDTH, HEAD_CLASSES
    first = 5 * sum(len(widths) for widths in WIDTHS)
    kernel = _array(file, first, (width, entering, 1, 1)).transpose(2, 3, 1, 0)
    last = _array(file, first + 5, (classes, width, 1, 1))[:, :, 0, 0].T
    beta, gamma, mean, inverse = _statistics(file, first + 5, classes)
    return {
        "conv6_conv": {"kernel": kernel},
        "conv6_bn": _batch_normalisation(file, first, width),
        "head": {"kernel": last * gamma * inverse, "bias": beta - mean * gamma * inverse},
    }


def _batch_normalisation(
    file: Variables, number: int, width: int
) -> dict[str, NDArray[np.float32]]:
    beta, gamma, mean, inverse = _statistics(file, number, width)
    return {
        "gamma": gamma,
        "beta": beta,
        "moving_mean": mean,
        "moving_variance": np.float32(1) / inverse**2 - np.float32(EPSILON),
    }


def _statistics(file: Variables, number: int, width: int) -> list[NDArray[np.float32]]:
    """Beta, gamma, mean and inverse deviation of the layer whose kernel has this number."""
    return [_array(file, number + offset, (width,)) for offset in range(1, 5)]


def _array(file: Variables, number: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    found = file.get(f"arr_{number}")
    if found is None or found.shape != shape:
        raise ValueError(
            f"Expected arr_{number} of shape {shape}; received "
            f"{'none' if found is None else found.shape}. Choose the file SonoNet16.npz of "
            "github.com/baumgach/SonoNet-weights."
        )
    return np.asarray(found, np.float32)
