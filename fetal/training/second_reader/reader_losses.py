"""What the second reader is to learn, and what it must not forget: losses by Keras's operations."""

from typing import Any

import keras
import numpy as np
from keras import ops

from fetal.training.second_reader.answer_groups import CLASSES, membership

_NEVER = -1e9


def answers(logits: Any) -> Any:
    """From the logits of the fourteen classes, (n, 14), to the five answers' log chances, (n, 5).

    An answer is as probable as its classes together.
    """
    chances = ops.log_softmax(logits, axis=-1)
    outside = np.where(membership(), 0.0, _NEVER).astype(np.float32)
    return ops.logsumexp(ops.expand_dims(chances, 1) + ops.convert_to_tensor(outside), axis=-1)


class GroupedCrossEntropy(keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy of the five answers, and how far its own fourteen classes are left.

    How the probability of *thorax* is shared among its four views stays the network's own affair.
    Beside it counts the divergence of Kullback and Leibler of the trained probabilities from the
    untrained ones over the fourteen classes (Li and Hoiem 2017), on every scan of which the
    untrained network gives the right answer: held to its mistakes it would keep them.

    Args:
        distillation: how much that divergence counts; 0 leaves it out.

    Example:
        >>> loss = GroupedCrossEntropy(0.5, reduction=None)
        >>> loss(np.eye(5)[:1], np.zeros((1, 28), "float32")).shape
        (1,)
    """

    def __init__(self, distillation: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self._distillation = distillation

    def call(self, targets: Any, told: Any) -> Any:
        """From one-hot answers, (n, 5), to the loss of each scan, (n,).

        `told` holds the trained network's logits, (n, 14), with distillation followed by those of
        the untrained one, (n, 28) together.
        """
        logits = told[..., : len(CLASSES)]
        wrong = -ops.sum(targets * answers(logits), axis=-1)
        if not self._distillation:
            return wrong
        untrained = told[..., len(CLASSES) :]
        before, now = ops.log_softmax(untrained, axis=-1), ops.log_softmax(logits, axis=-1)
        left = ops.sum(ops.exp(before) * (before - now), axis=-1)
        return wrong + self._distillation * left * grouped_accuracy(targets, untrained)


def grouped_accuracy(targets: Any, told: Any) -> Any:
    """Tell of which scans the most probable answer is right: (n,), 0 or 1.

    Args:
        targets: one-hot answers, (n, 5).
        told: logits, (n, 14) or more; the first fourteen count.
    """
    logits = told[..., : len(CLASSES)]
    same = ops.equal(ops.argmax(targets, axis=-1), ops.argmax(answers(logits), axis=-1))
    return ops.cast(same, "float32")
