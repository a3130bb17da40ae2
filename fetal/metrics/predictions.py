"""A model's answers beside the truth: what every figure is computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fetal.metrics.bootstrap import Floats, Integers

Labels = Sequence[int] | Integers
Probabilities = Floats | NDArray[np.float32]


@dataclass(frozen=True)
class Predictions:
    """What a model says of labelled scans.

    Attributes:
        truth: The true planes as indices into PLANES, (n,).
        chances: The model's probabilities, (n, classes).
    """

    truth: Integers
    chances: Floats

    @classmethod
    def of(cls, labels: Labels, probabilities: Any, patients: Sequence[str]) -> Self:
        """Put labels and probabilities side by side.

        Raises:
            ValueError: no scans, or lengths that differ.
        """
        truth = np.asarray(labels, dtype=np.int64)
        chances = np.asarray(probabilities, dtype=np.float64)
        if not len(truth) or not (len(truth) == len(chances) == len(patients)):
            raise ValueError(
                "Expected at least one scan and as many labels as probabilities and patients; "
                f"received {len(truth)}, {len(chances)} and {len(patients)}."
            )
        return cls(truth, chances)

    @property
    def guess(self) -> Integers:
        """The most probable plane of each scan, (n,)."""
        return np.asarray(self.chances.argmax(axis=1))

    @property
    def confidence(self) -> Floats:
        """Its probability, (n,)."""
        return np.asarray(self.chances.max(axis=1))

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether it is the true plane, (n,)."""
        return np.asarray(self.guess == self.truth)
