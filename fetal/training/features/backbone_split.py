"""The cut: where the layers that stay as they are end, and those that learn begin."""

from dataclasses import dataclass
from math import prod
from typing import Any

import keras

from fetal.training.networks.architectures import STAGES, stage_of

POOL = "pool"
"""The layer whose output the last layer alone sees."""

WORTH = 0.5
"""The share of a forward pass that must lie below a cut. With less, little time is saved, and it
would be paid for with fewer variations of each scan."""


@dataclass(frozen=True)
class BackboneSplit:
    """A network in two parts that share its layers, and with them its weights."""

    below: keras.Model
    """From scans, (n, size, size, 1), to the features at the cut."""
    above: keras.Model
    """From the features to the logits, (n, classes)."""
    layer: str
    """The layer whose output the features are."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one scan's features."""
        return tuple(self.below.output.shape[1:])


def first_stage(architecture: str, learn: str) -> int:
    """The first stage that changes when a stage of a schedule learns.

    Args:
        architecture: A key of `fetal.training.networks.architectures.ARCHITECTURES`.
        learn: `head`, a stage of the architecture such as `conv5`, or `all`.

    Returns:
        An index into the architecture's `STAGES`, or their number for the head.

    Raises:
        ValueError: the architecture has no such stage; the message lists those that there are.
    """
    stages = STAGES[architecture]
    named = {"all": 0, "head": len(stages)} | {name: index for index, name in enumerate(stages)}
    if learn not in named:
        raise ValueError(
            f"Expected a stage to learn “all”, “head” or one of {', '.join(stages)}; "
            f"received “{learn}”."
        )
    return named[learn]


def cut_below(model: keras.Model, learn: str) -> BackboneSplit | None:
    """Cut a network below the first layer that learns.

    Args:
        model: A network of `fetal.training.networks.architectures.build`.
        learn: A stage of its architecture such as `conv5`, or `all`; for the head see `cut_at`.

    Returns:
        The two parts, or None where no single tensor leads from one to the other, or where the
        lower part is too little of the work to be worth it.

    Raises:
        ValueError: the architecture has no such stage.
    """
    crossing, frozen = _crossing(model, first_stage(model.name, learn))
    if len(crossing) != 1 or frozen < WORTH:
        return None
    return cut_at(model, crossing[0])


def cut_at(model: keras.Model, layer: str) -> BackboneSplit:
    """Cut a network behind a layer."""
    tensor = model.get_layer(layer).output
    return BackboneSplit(
        keras.Model(model.input, tensor), keras.Model(tensor, model.outputs[1]), layer
    )


def between(model: keras.Model, lower: BackboneSplit, layer: str) -> keras.Model:
    """The part of a network from a cut to a layer's output."""
    return keras.Model(lower.below.output, model.get_layer(layer).output)


def _crossing(model: keras.Model, first: int) -> tuple[list[str], float]:
    """The layers from which others that learn, or follow on such, take what has not changed; and
    the share of the work that is done up to there."""
    makers: dict[int, str] = {}
    behind: set[int] = set()
    crossing: set[str] = set()
    work = {True: 0, False: 0}
    for layer in model.layers:
        makers[id(layer.output)] = layer.name
        if isinstance(layer, keras.layers.InputLayer):
            continue
        given = [id(tensor) for tensor in keras.tree.flatten(layer.input)]
        # Layers without weights belong to where they stand, whatever they are called.
        learns = bool(layer.weights) and stage_of(model.name, layer.name) >= first
        above = learns or any(tensor in behind for tensor in given)
        if above:
            behind.add(id(layer.output))
            crossing |= {makers[tensor] for tensor in given if tensor not in behind}
        work[above] += _multiplications(layer)
    return list(crossing), work[False] / sum(work.values())


def _multiplications(layer: Any) -> int:
    """Of one scan: every kernel's entries, at every place of the output."""
    kernels = [tuple(weight.shape) for weight in layer.weights if len(weight.shape) > 1]
    places: tuple[int, ...] = tuple(layer.output.shape[1:-1])
    return prod(places) * sum(map(prod, kernels))
