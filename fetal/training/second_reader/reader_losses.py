"""What the second reader is to learn, and what it must not forget: losses by Keras's operations."""

from typing import Any

import keras
import numpy as np
from keras import ops

from fetal.training.second_reader.answer_groups import membership

_NEVER = -1e9


def answers(logits: Any) -> Any:
    """From the logits of the fourteen classes, (n, 14), to the five answers' log chances, (n, 5).

    An answer is as probable as its classes together.
    """
    chances = ops.log_softmax(logits, axis=-1)
    outside = np.where(membership(), 0.0, _NEVER).astype(np.float32)
    return ops.logsumexp(ops.expand_dims(chances, 1) + ops.convert_to_tensor(outside), axis=-1)


class GroupedCrossEntropy(keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy of the five answers, from the logits of the fourteen classes.

    How the probability of *thorax* is shared among its four views stays the network's own affair.
    """

    def call(self, targets: Any, logits: Any) -> Any:
        """From one-hot answers, (n, 5), and logits, (n, 14), to the loss of each scan, (n,)."""
        return -ops.sum(targets * answers(logits), axis=-1)


def grouped_accuracy(targets: Any, logits: Any) -> Any:
    """Tell of which scans the most probable answer is right: (n,), 0 or 1."""
    same = ops.equal(ops.argmax(targets, axis=-1), ops.argmax(answers(logits), axis=-1))
    return ops.cast(same, "float32")


class Remember(keras.layers.Layer):  # type: ignore[misc]
    """Passes logits on and adds to the loss how far they leave those of the untrained network.

    That is the divergence of Kullback and Leibler of the trained probabilities from the untrained
    ones, over the fourteen classes, on every scan, whether it shows a plane or not.
    """

    def __init__(self, weight: float) -> None:
        super().__init__(dtype="float32")
        self._weight = weight

    def call(self, given: list[Any]) -> Any:
        """From the logits of the learner and of the untrained network, each (n, 14)."""
        logits, untrained = given
        before, now = ops.log_softmax(untrained, axis=-1), ops.log_softmax(logits, axis=-1)
        lost = ops.sum(ops.exp(before) * (before - now), axis=-1)
        self.add_loss(self._weight * ops.mean(lost))
        return logits
