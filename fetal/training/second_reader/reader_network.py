"""The second reader's network: SonoNet-16 with the head of fourteen classes of its authors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.training.networks.sononet import (
    EPSILON,
    HEAD_WIDTH,
    from_lasagne,
    head_from_lasagne,
    sononet16,
)
from fetal.training.networks.standardise_scan import StandardiseScan
from fetal.training.second_reader.answer_groups import CLASSES
from fetal.training.second_reader.reader_settings import COLUMNS, ROWS

Values = Mapping[str, NDArray[Any]]


class ReaderWeightsError(ValueError):
    """A file that holds no weights of a second reader."""


def build_reader(name: str = "second_reader") -> keras.Model:
    """Build the second reader with fresh weights.

    Args:
        name: The network's name.

    Returns:
        A model from `(n, 224, 288, 1)` float32 grey levels, 0 to 255, to a list of the maps
        `(n, 14, 18, 64)` and the logits `(n, 14)` in the order of `CLASSES`. Each scan is
        standardised by its own mean and deviation inside the network.

    Example:
        >>> build_reader().output_shape
        [(None, 14, 18, 64), (None, 14)]
    """
    scan = keras.Input((ROWS, COLUMNS, 1), name="scan")
    standard = StandardiseScan(name="standardise", dtype="float32")(scan)
    channels = keras.layers.Concatenate(name="three_channels", dtype="float32")([standard] * 3)
    deep = sononet16(input_tensor=channels).output
    narrow = keras.layers.Conv2D(HEAD_WIDTH, 1, use_bias=False, name="conv6_conv")(deep)
    narrow = keras.layers.BatchNormalization(epsilon=EPSILON, name="conv6_bn")(narrow)
    maps = keras.layers.ReLU(name="conv6_relu")(narrow)
    pooled = keras.layers.GlobalAveragePooling2D(name="pool", dtype="float32")(maps)
    logits = keras.layers.Dense(len(CLASSES), name="head", dtype="float32")(pooled)
    return keras.Model(scan, [maps, logits], name=name)


def load_reader(path: Path, name: str = "second_reader") -> keras.Model:
    """Build the second reader with the weights of a file.

    Args:
        path: An `.npz`: the authors' `SonoNet16.npz`, or what `save_reader` wrote.
        name: The network's name.

    Returns:
        The network, as `build_reader` returns it.

    Raises:
        ReaderWeightsError: the file cannot be read, or a weight is missing or of another shape.

    Example:
        >>> load_reader(Path("sononet16.npz")).name  # doctest: +SKIP
        'second_reader'
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            stored: Values = {name: file[name] for name in file.files}
    # A damaged archive raises anything at all.
    except Exception as error:
        raise ReaderWeightsError(
            f"The second reader's weights cannot be read from {path} ({error}). Give the path of "
            "SonoNet16.npz of github.com/baumgach/SonoNet-weights, or of a file that a training "
            "of the second reader wrote."
        ) from error
    model = build_reader(name)
    give_weights(model, _from_authors(stored) if "arr_0" in stored else stored, str(path))
    return model


def save_reader(model: keras.Model, path: Path) -> None:
    """Write a second reader's weights, whole or not at all, as plain arrays (never a pickle).

    Kernels are rounded to float16, as the serving graph rounds them: under two megabytes.

    Args:
        model: A network of `build_reader`.
        path: The `.npz` to write.
    """
    arrays: dict[str, Any] = {
        name: value.astype(np.float16) if value.ndim > 1 else value
        for name, value in weights_of(model).items()
    }
    unfinished = path.with_name(path.stem + ".part.npz")
    np.savez_compressed(unfinished, **arrays)
    unfinished.replace(path)


def weights_of(model: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Return a network's weights by `layer/variable`, such as `conv6_conv/kernel`."""
    return {
        f"{layer.name}/{variable.name}": np.asarray(
            keras.ops.convert_to_numpy(variable), np.float32
        )
        for layer in model.layers
        for variable in layer.weights
    }


def give_weights(model: keras.Model, values: Values, source: str) -> None:
    """Give a network weights by `layer/variable`.

    Args:
        model: A network of `build_reader`.
        values: As `weights_of` returns them.
        source: Where they come from, for the message.

    Raises:
        ReaderWeightsError: a weight is missing or of another shape.
    """
    wanted = weights_of(model)
    odd = [
        name
        for name, value in wanted.items()
        if name not in values or values[name].shape != value.shape
    ]
    if odd:
        raise ReaderWeightsError(
            f"{source} does not fit the second reader: {', '.join(odd[:3])} are missing or of "
            f"another shape ({len(odd)} in all). Choose the weights of SonoNet-16 with its head."
        )
    for layer in model.layers:
        for variable in layer.weights:
            variable.assign(np.asarray(values[f"{layer.name}/{variable.name}"], np.float32))


def _from_authors(stored: Values) -> Values:
    try:
        layers = from_lasagne(stored) | head_from_lasagne(stored)
    except ValueError as error:
        raise ReaderWeightsError(str(error)) from error
    return {f"{layer}/{name}": value for layer in layers for name, value in layers[layer].items()}
