"""ConvNeXt-Tiny with layer names that are the same in every process."""

from typing import Any

import keras

_LAST = "convnext_tiny_norm"


def convnext_tiny(
    *, include_top: bool = False, weights: str | None = None, input_tensor: Any = None
) -> keras.Model:
    """Build Keras's ConvNeXt-Tiny (Liu et al. 2022, https://arxiv.org/abs/2201.03545).

    Keras gives its last layer no name but a number that depends on what was built before, under
    which a model on disk would not find its weights again. Here it has a name.

    Args:
        include_top: Must be False: the head is this program's own.
        weights: As `keras.applications.ConvNeXtTiny` takes them.
        input_tensor: Scans of three channels, normalised.

    Returns:
        A model from scans to maps of 768 channels and a thirty-second of the scan's side.
    """
    backbone = keras.applications.ConvNeXtTiny(
        include_top=include_top,
        include_preprocessing=False,
        weights=weights,
        input_tensor=input_tensor,
    )
    last = backbone.layers[-1]
    named = keras.layers.LayerNormalization(epsilon=last.epsilon, name=_LAST)
    maps = named(last.input)
    named.set_weights(last.get_weights())
    return keras.Model(backbone.input, maps, name=backbone.name)
