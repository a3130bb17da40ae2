"""Where a run starts from: a champion's bundle, a weights file, Keras's download, or nothing."""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.bundle import Bundle
from fetal.training.export.names import variable_path
from fetal.training.networks.architectures import ARCHITECTURES, HEAD
from fetal.training.networks.sononet import from_lasagne

Variables = Mapping[str, NDArray[np.float32]]


class WeightsError(ValueError):
    """A weights file that cannot be read or fits no layer."""


def load_weights_file(model: keras.Model, path: Path) -> list[str]:
    """Give a network the weights of a file; layers that the file lacks start fresh.

    Args:
        model: A network of `fetal.training.networks.architectures.build`.
        path: An `.npz` whose names are `layer__variable`, old or new Keras layer names, complete
            or partial; or an `.h5` file of `keras.applications` without its top; or, for SonoNet,
            the `.npz` of its authors; or the folder of a model, whose last layer comes along too.

    Returns:
        The names of the backbone's layers that start fresh.

    Raises:
        WeightsError: the file is missing, of another kind, or fits none of the layers.
    """
    if path.is_dir():
        return _give_model(model, path)
    if not path.is_file():
        raise WeightsError(
            f"Expected a weights file at {path}; there is none. "
            "Give the path of an .npz or .h5 file, or choose another start."
        )
    if path.suffix not in (".npz", ".h5"):
        raise WeightsError(
            f"Expected a weights file ending in .npz or .h5; received {path.name}. Convert it."
        )
    try:
        layers = _layers_in(path, model.name)
    except (WeightsError, PermissionError, MemoryError):
        raise
    # The readers of both kinds raise anything at all on a damaged file.
    except Exception as error:
        raise WeightsError(
            f"The weights file {path} cannot be read: it is damaged, or of another kind than its "
            "name says. Copy it again."
        ) from error
    return _give(model, layers, path.name)


def _give_model(model: keras.Model, folder: Path) -> list[str]:
    """Give a network all weights of a model of the same architecture."""
    stored = Bundle.open(folder).variables()
    for weight in model.weights:
        if weight.path.startswith("normalise"):
            continue
        value = stored.get(variable_path(weight))
        if value is None or value.shape != tuple(weight.shape):
            raise WeightsError(
                f"The model in {folder.name} does not fit {model.name}: it has other weights for "
                f"{variable_path(weight)}. Choose a model of this architecture."
            )
        weight.assign(value)
    return []


def _layers_in(path: Path, architecture: str) -> dict[str, dict[str, NDArray[np.float32]]]:
    if path.suffix == ".h5":
        return _donor(architecture, str(path))
    with np.load(path, allow_pickle=False) as file:
        return _layers_of(architecture, {name: file[name] for name in file.files}, path)


def load_imagenet(model: keras.Model) -> list[str]:
    """Give a network Keras's own ImageNet weights, downloading them where they are not yet.

    Returns:
        The names of the backbone's layers that start fresh: none.

    Raises:
        WeightsError: the download failed.
    """
    try:
        layers = _donor(model.name, "imagenet")
    except Exception as error:
        # Keras wraps every network fault in a bare Exception.
        raise WeightsError(
            "Keras's ImageNet weights could not be downloaded. Check the internet connection, "
            "or give the path of a weights file instead."
        ) from error
    return _give(model, layers, "ImageNet")


def _layers_of(
    architecture: str, variables: Variables, path: Path
) -> dict[str, dict[str, NDArray[np.float32]]]:
    if architecture != "sononet16" or "arr_0" not in variables:
        return _by_layer(variables)
    try:
        return from_lasagne(variables)
    except ValueError as error:
        raise WeightsError(f"{path.name} does not fit {architecture}: {error}") from error


def _by_layer(variables: Variables) -> dict[str, dict[str, NDArray[np.float32]]]:
    layers: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, value in variables.items():
        layer, _, variable = name.rpartition("__")
        layers.setdefault(_present_name(layer), {})[variable] = np.asarray(value, np.float32)
    return layers


def _present_name(layer: str) -> str:
    """Translate the layer names of old Keras: `bn2a_branch2b` is `conv2_block1_2_bn` today."""
    for prefix, suffix in (("res", "_conv"), ("bn", "_bn")):
        head, _, branch = layer.removeprefix(prefix).partition("_branch")
        if layer.startswith(prefix) and branch:
            part = {"1": 0, "2a": 1, "2b": 2, "2c": 3}[branch]
            return f"conv{head[0]}_block{ord(head[1]) - ord('a') + 1}_{part}{suffix}"
    if layer in ("conv1", "bn_conv1"):
        return {"conv1": "conv1_conv", "bn_conv1": "conv1_bn"}[layer]
    return layer.replace("__", "_").replace("/", "_")


def _donor(architecture: str, weights: str) -> dict[str, dict[str, NDArray[np.float32]]]:
    donor = ARCHITECTURES[architecture](include_top=False, weights=weights)
    return {
        layer.name: {
            _name(variable): keras.ops.convert_to_numpy(variable) for variable in layer.weights
        }
        for layer in donor.layers
    }


def _name(variable: keras.Variable) -> str:
    return variable_path(variable).rpartition("/")[2]


def _give(
    model: keras.Model, layers: Mapping[str, Mapping[str, NDArray[np.float32]]], source: str
) -> list[str]:
    fresh: list[str] = []
    given = 0
    for layer in model.layers:
        if not layer.weights or layer.name in (HEAD, "normalise"):
            continue
        values = layers.get(layer.name, {})
        wanted = [_name(variable) for variable in layer.weights]
        # The statistics of a batch normalisation belong to the kernel before it: where that is
        # lost they would hold inference at chance for epochs, so both start fresh together.
        orphan = layer.name.endswith("_bn") and layer.name[:-3] + "_conv" in fresh
        if orphan or any(name not in values for name in wanted):
            fresh.append(layer.name)
            continue
        try:
            layer.set_weights([values[name] for name in wanted])
        except ValueError as error:
            raise WeightsError(
                f"{source} does not fit layer {layer.name} of {model.name}: {error} "
                "Choose the weights of this architecture."
            ) from error
        given += 1
    if not given:
        raise WeightsError(
            f"{source} names none of the layers of {model.name}. "
            "Choose the weights of this architecture."
        )
    return fresh
