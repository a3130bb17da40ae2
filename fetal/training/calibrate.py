"""Calibration: probabilities that mean what they say, and the confidence below which to look."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

Floats = NDArray[np.float64]

BELIEF = 200
"""Scans' worth of belief in how a champion was calibrated."""


def fit_temperature(logits: Floats, classes: NDArray[np.int64]) -> float:
    """The temperature that makes validation scans most likely (Guo et al. 2017).

    A weak prior around 1 keeps a handful of validation scans from asking for extremes.

    Args:
        logits: (n, 6), of validation patients.
        classes: The true classes, (n,).

    Returns:
        What the logits are divided by, between 0.2 and 5.
    """

    def cost(log_temperature: float) -> float:
        chances = log_softmax(logits / np.exp(log_temperature), axis=1)
        likelihood = chances[np.arange(len(classes)), classes].sum()
        return float(-likelihood + 0.5 * (log_temperature / 0.5) ** 2)

    found = minimize_scalar(cost, bounds=(np.log(0.2), np.log(5)), method="bounded")
    return float(np.exp(found.x))


def fit_doubt(
    logits: Floats, classes: NDArray[np.int64], temperature: float, accuracy: float = 0.99
) -> float:
    """The confidence below which a person is asked to check.

    Args:
        logits: (n, 6), of validation patients.
        classes: The true classes, (n,).
        temperature: The fitted temperature.
        accuracy: What those above the threshold should reach.

    Returns:
        The lowest threshold that reaches it, kept between 0.6 and 0.95.
    """
    chances = to_chances(logits, temperature)
    confidence = chances.max(axis=1)
    right = chances.argmax(axis=1) == classes
    order = np.argsort(-confidence)
    reached = np.cumsum(right[order]) / np.arange(1, len(order) + 1) >= accuracy
    lowest = confidence[order][np.nonzero(reached)[0].max()] if reached.any() else 1.0
    return float(np.clip(lowest, 0.6, 0.95))


def stay_near(fitted: float, before: float, scans: int) -> float:
    """A threshold or temperature of a retrained model, held to what it was before.

    A few validation scans of two planes say little of scans of all planes: they count beside
    `BELIEF` scans that asked for what was there.

    Args:
        fitted: What the validation scans ask for.
        before: What the champion had.
        scans: How many validation scans there are.

    Example:
        >>> stay_near(0.5, 1.0, scans=200)
        0.75
    """
    return (scans * fitted + BELIEF * before) / (scans + BELIEF)


def to_chances(logits: Floats, temperature: float) -> Floats:
    """Calibrated probabilities, (n, 6), from logits, (n, 6)."""
    return np.asarray(softmax(logits / temperature, axis=1))
