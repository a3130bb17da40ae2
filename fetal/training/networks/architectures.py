"""The networks: a scan goes in; the last convolution's maps and the logits come out.

Every network has the same two ends, so that Grad-CAM is a weighted sum of its maps: grey in,
global average pooling and one dense layer out.
"""

from collections.abc import Callable, Sequence
from functools import partial

import keras

from fetal.planes import PLANES
from fetal.training.networks.convnext import convnext_tiny
from fetal.training.networks.sononet import sononet16

HEAD = "head"


class UnknownArchitectureError(ValueError):
    """An architecture that this package does not build."""


ARCHITECTURES: dict[str, Callable[..., keras.Model]] = {
    "resnet50": keras.applications.ResNet50,
    "resnet50v2": keras.applications.ResNet50V2,
    "vgg19": keras.applications.VGG19,
    "densenet121": keras.applications.DenseNet121,
    "densenet169": keras.applications.DenseNet169,
    "efficientnetv2s": partial(keras.applications.EfficientNetV2S, include_preprocessing=False),
    "convnexttiny": convnext_tiny,
    "sononet16": sononet16,
}
"""What makes each network's backbone, with the signature of `keras.applications`."""

_CAFFE = ((103.939, 116.779, 123.68), (1.0, 1.0, 1.0))
_TORCH = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))

IMAGENET: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "resnet50": _CAFFE,
    "resnet50v2": ((127.5,) * 3, (127.5,) * 3),
    "vgg19": _CAFFE,
    "densenet121": _TORCH,
    "densenet169": _TORCH,
    "efficientnetv2s": ((128.0,) * 3, (128.0,) * 3),
    "convnexttiny": _TORCH,
    "sononet16": ((28.0,) * 3, (38.0,) * 3),
}
"""The mean and deviation of each channel that each network's weights expect, in grey levels: what
`preprocess_input` of `keras.applications`, or its own first layers, would do. SonoNet's authors
standardised each scan by itself; here every scan gets the same, the averages over framed scans."""

_DENSENET = ("conv1", "conv2", "pool2", "conv3", "pool3", "conv4", "pool4", "conv5", "bn")

STAGES: dict[str, tuple[str, ...]] = {
    "resnet50": ("conv1", "conv2", "conv3", "conv4", "conv5"),
    "resnet50v2": ("conv1", "conv2", "conv3", "conv4", "conv5", "post"),
    "vgg19": ("block1", "block2", "block3", "block4", "block5"),
    "densenet121": _DENSENET,
    "densenet169": _DENSENET,
    "efficientnetv2s": (
        *("stem", "block1", "block2", "block3", "block4", "block5", "block6", "top"),
    ),
    "convnexttiny": (
        *("stem", "stage_0", "downsampling_block_0", "stage_1", "downsampling_block_1"),
        *("stage_2", "downsampling_block_2", "stage_3", "norm"),
    ),
    "sononet16": ("conv1", "conv2", "conv3", "conv4", "conv5"),
}
"""The prefixes of each network's layer names, from the scan towards the maps; in ConvNeXt's they
follow `convnext_tiny_`."""


def build(
    architecture: str,
    size: int,
    mean: Sequence[float],
    std: Sequence[float],
    *,
    classes: int = len(PLANES),
    dropout: float = 0.0,
) -> keras.Model:
    """Build a network with fresh weights.

    Args:
        architecture: A key of `ARCHITECTURES`.
        size: The side of the square scan in pixels, at least 32.
        mean: What is taken from each of the three channels, in grey levels (0 to 255).
        std: What each channel is then divided by, in grey levels.
        classes: How many classes.
        dropout: The share of pooled features left out in training, 0 to 1.

    Returns:
        A model from `(n, size, size, 1)` float32 grey levels, 0 to 255, to a list of the maps
        `(n, h, w, channels)` and the logits `(n, classes)`. Layer names are the same in every
        process.

    Raises:
        UnknownArchitectureError: `architecture` is not one that this package builds.

    Example:
        >>> build("resnet50", 64, [0, 0, 0], [1, 1, 1]).name
        'resnet50'
    """
    check_architecture(architecture)
    scan = keras.Input((size, size, 1), name="scan")
    # In 32 bits whatever the policy: bfloat16 would round grey levels, and the mean itself.
    channels = keras.layers.Concatenate(name="three_channels", dtype="float32")([scan, scan, scan])
    normalised = keras.layers.Normalization(
        mean=list(mean),
        variance=[deviation**2 for deviation in std],
        name="normalise",
        dtype="float32",
    )(channels)
    backbone = ARCHITECTURES[architecture](include_top=False, weights=None, input_tensor=normalised)
    maps = backbone.output
    pooled = keras.layers.GlobalAveragePooling2D(name="pool", dtype="float32")(maps)
    if dropout:
        pooled = keras.layers.Dropout(dropout, name="dropout", dtype="float32")(pooled)
    logits = keras.layers.Dense(classes, name=HEAD, dtype="float32")(pooled)
    return keras.Model(scan, [maps, logits], name=architecture)


def check_architecture(architecture: str) -> None:
    """Make sure that this package builds a network.

    Raises:
        UnknownArchitectureError: it does not; the message lists those that it does.
    """
    if architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise UnknownArchitectureError(
            f"Expected one of {known}; received “{architecture}”. Choose one of these."
        )


def stage_of(architecture: str, layer_name: str) -> int:
    """Which stage a layer belongs to: 0 is nearest the scan, the head comes last.

    Args:
        architecture: A key of `ARCHITECTURES`.
        layer_name: The layer's name.

    Returns:
        An index into `STAGES[architecture]`, or its length for what lies behind the maps.
    """
    prefixes = STAGES[architecture]
    layer_name = layer_name.removeprefix("convnext_tiny_")
    for index in reversed(range(len(prefixes))):
        if layer_name.startswith(prefixes[index]):
            return index
    before = layer_name in ("scan", "three_channels", "normalise") or layer_name.endswith("_pad")
    return 0 if before else len(prefixes)
