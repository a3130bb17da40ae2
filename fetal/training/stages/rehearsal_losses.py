"""What forgetting costs: layers that pass logits on and add to a network's loss."""

from typing import Any

import keras
from keras import ops

SOFTNESS = 2.0
"""What logits are divided by before answers are compared: doubts then count too (Hinton et al.
2015)."""


class Rehearse(keras.layers.Layer):  # type: ignore[misc]
    """Passes logits on, and adds to the loss how far other logits are from their answers."""

    def __init__(self, weight: float) -> None:
        super().__init__(dtype="float32")
        self._weight = weight

    def call(self, given: list[Any]) -> Any:
        """From logits to pass on, logits of made-up features and answers, each (n, 6)."""
        logits, made_up, answers = given
        self.add_loss(self._weight * _cross_entropy(answers, made_up))
        return logits


class Hold(keras.layers.Layer):  # type: ignore[misc]
    """Passes logits on and, while it learns, adds to the loss how far it leaves a champion.

    The answers are those of Li and Hoiem (2017, “Learning without Forgetting”). The features are
    held too, where their scale is known: statistics of the champion's features are true of a
    network only as long as it sees scans as the champion does.
    """

    def __init__(self, weight: float, scale: float | None) -> None:
        super().__init__(dtype="float32")
        self._weight = weight
        self._scale = scale

    def call(self, given: list[Any], training: bool | None = None) -> Any:
        """From the features, (n, c), and logits, (n, 6), of the learner and of the champion."""
        features, logits, known_features, known_logits = given
        if training:
            answers = ops.softmax(known_logits / SOFTNESS)
            # Softened answers have gradients smaller by the square of the softness.
            distance = SOFTNESS**2 * _cross_entropy(answers, logits / SOFTNESS)
            if self._scale is not None:
                distance = distance + ops.mean(ops.square(features - known_features)) / self._scale
            self.add_loss(self._weight * distance)
        return logits


def _cross_entropy(answers: Any, logits: Any) -> Any:
    return ops.mean(ops.categorical_crossentropy(answers, logits, from_logits=True))
