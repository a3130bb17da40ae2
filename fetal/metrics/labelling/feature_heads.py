"""Small classifiers on the features of a frozen network, each fitted in a second or less.

A linear probe (Alain and Bengio 2016, “Understanding intermediate layers using linear classifier
probes”): multinomial logistic regression on standardised features, reduced to their principal
components.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fetal.planes import PLANES

Features = NDArray[np.floating]
Classes = NDArray[np.int64]
Probabilities = NDArray[np.float64]

COMPONENTS = 64
"""Principal components that a head sees, at the most."""

STRENGTH = 0.5
"""How freely a head may follow single scans: scikit-learn's `C`. Where some labels are wrong, a
head has to be too stiff to learn them. Chosen on training scans with made-up mistakes
(docs/label-quality.md)."""


class TooFewLabelsError(ValueError):
    """Too few labelled scans, patients or planes to say anything of labels."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """Features brought to one scale and turned into their principal components.

    Attributes:
        mean: float64 (c,).
        axes: float64 (c, k), the components; over the scans the widest has a deviation of 1.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]

    @classmethod
    def of(cls, features: Features, components: int = COMPONENTS) -> "Scaling":
        """Fit the scale to scans, whether they have a label or not.

        Args:
            features: (n, c).
            components: how many principal components to keep, at the most (Pearson 1901).

        Raises:
            TooFewLabelsError: there are fewer than two scans.

        Example:
            >>> scaling = Scaling.of(np.random.default_rng(0).normal(size=(50, 8)), 3)
            >>> scaling.apply(np.zeros((2, 8))).shape
            (2, 3)
        """
        values = np.asarray(features, np.float64)
        if len(values) < 2:
            raise TooFewLabelsError(
                f"Expected at least 2 scans to compare; received {len(values)}. Add scans."
            )
        mean, deviation = values.mean(axis=0), values.std(axis=0)
        # What never varies tells nothing.
        scale = np.where(deviation > 1e-9, 1 / np.maximum(deviation, 1e-9), 0.0)
        # By the covariance, whose size does not grow with the scans.
        scaled = (values - mean) * scale
        variances, axes = np.linalg.eigh(scaled.T @ scaled / len(values))
        variances, axes = variances[::-1], axes[:, ::-1]
        kept = min(components, int((variances > 1e-12 * max(variances[0], 1e-12)).sum()))
        # One common factor: the first components stay wider than the last, as they tell more.
        width = np.sqrt(max(variances[0], 1e-12))
        return cls(mean, scale[:, None] * axes[:, :kept] / width)

    def apply(self, features: Features) -> NDArray[np.float64]:
        """Turn features, (n, c), into components, float64 (n, k)."""
        return np.asarray((np.asarray(features, np.float64) - self.mean) @ self.axes)


def fitted_probabilities(
    learnt: NDArray[np.float64],
    classes: Classes,
    asked: NDArray[np.float64],
    strength: float = STRENGTH,
) -> Probabilities:
    """Fit a head to labelled scans and ask it about others.

    Args:
        learnt: float64 (n, k), components of the labelled scans (`Scaling`).
        classes: int64 (n,), their planes as indices into `fetal.planes.PLANES`.
        asked: float64 (m, k), components of the scans that are asked about.
        strength: how freely the head may follow single scans, above 0.

    Returns:
        float64 (m, 6), each row summing to 1; a plane that no labelled scan shows gets 0.

    Raises:
        TooFewLabelsError: the labelled scans show fewer than two planes.
    """
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(classes)) < 2:
        raise TooFewLabelsError(
            f"Expected labelled scans of at least two planes; received {len(classes)} scans of "
            f"{len(np.unique(classes))}. Label scans of another plane."
        )
    head = LogisticRegression(C=strength, max_iter=500)
    found = np.zeros((len(asked), len(PLANES)))
    with one_thread():
        head.fit(learnt, classes)
        if len(asked):
            found[:, head.classes_] = head.predict_proba(asked)
    return found


def one_thread() -> AbstractContextManager[Any]:
    """Have what is computed inside keep to one thread.

    The matrices are small: threads that wait for one another take a hundred times longer than the
    arithmetic where a training or the app has the cores.
    """
    limited: AbstractContextManager[Any] = _thread_pools().limit(limits=1)
    return limited


@cache
def _thread_pools() -> Any:
    # The libraries whose threads it limits have to be loaded before it looks for them.
    import sklearn.cluster  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
