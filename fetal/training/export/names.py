"""Names that stay the same: a variable is found again in another process by its path."""

import re

import keras

_NUMBERED = re.compile(r"^variable(_\d+)?$")


def variable_path(variable: keras.Variable) -> str:
    """The path of a variable without the number that Keras gives to unnamed ones.

    A layer that names no variable (ConvNeXt's `LayerScale`) gets `variable_17` or another
    number, whatever was built before in the same process; the number is left out. Layers
    themselves need fixed names, which `fetal.training.networks.architectures` gives.

    Args:
        variable: a variable of a built layer.

    Returns:
        Such as `conv1_conv/kernel`.

    Example:
        >>> layer = keras.layers.Dense(2, name="head")
        >>> layer.build((None, 3))
        >>> variable_path(layer.kernel)
        'head/kernel'
    """
    *layers, name = variable.path.split("/")
    return "/".join([*layers, "variable" if _NUMBERED.match(name) else name])
