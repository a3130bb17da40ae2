"""Calibration of the second reader: what its probabilities mean, and when it agrees."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax

from fetal.planes import Plane
from fetal.training.second_reader.answer_groups import answer_of, membership

Floats = NDArray[np.float64]

LOWEST, HIGHEST = 0.05, 0.9
"""Between these an agreement threshold is kept: below, it would agree with what it hardly thinks
possible; above, scans that it reads right would cost their *sure*."""


def answer_chances(logits: Floats, temperature: float = 1.0) -> Floats:
    """Probabilities of the five answers, (n, 5), from the logits of fourteen classes, (n, 14).

    Example:
        >>> answer_chances(np.zeros((1, 14))).round(3).tolist()
        [[0.143, 0.071, 0.071, 0.286, 0.429]]
    """
    chances = softmax(np.asarray(logits, np.float64) / temperature, axis=1)
    return np.asarray(chances @ membership().T, np.float64)


def fit_reader_temperature(logits: Floats, planes: Sequence[Plane | None]) -> float:
    """The temperature that makes the right answers of validation scans most likely.

    As `fetal.training.calibrate.fit_temperature` (Guo et al. 2017), for answers that are groups of
    classes.

    Args:
        logits: (n, 14), of validation patients.
        planes: What each scan shows; None is no plane at all.

    Returns:
        What the logits are divided by, between 0.2 and 5.
    """
    right = np.array([answer_of(plane) for plane in planes])
    member = membership()[right]

    def cost(log_temperature: float) -> float:
        scaled = np.asarray(logits, np.float64) / np.exp(log_temperature)
        of_group = logsumexp(np.where(member, scaled, -np.inf), axis=1)
        likelihood = (of_group - logsumexp(scaled, axis=1)).sum()
        return float(-likelihood + 0.5 * (log_temperature / 0.5) ** 2)

    found = minimize_scalar(cost, bounds=(np.log(0.2), np.log(5)), method="bounded")
    return float(np.exp(found.x))


def fit_agreement(
    logits: Floats, named: Sequence[Plane], temperature: float = 1.0, lost: float = 0.02
) -> float:
    """The probability at which the second reader agrees: as high as the right answers allow.

    Args:
        logits: The second reader's, (n, 14), of those validation scans of which the first reader
            is sure and right.
        named: The planes that the first reader names.
        temperature: What the logits are divided by.
        lost: The share of these scans that may lose their *sure*, 0 to 1.

    Returns:
        The threshold, between `LOWEST` and `HIGHEST`.

    Raises:
        ValueError: there are no scans.
    """
    if not len(named):
        raise ValueError(
            "Expected scans of which the first reader is sure and right; received none."
        )
    answers = np.array([answer_of(plane) for plane in named])
    given = np.sort(answer_chances(logits, temperature)[np.arange(len(answers)), answers])
    # So many may lie below the threshold; the one after them sets it.
    allowed = int(lost * len(given))
    return float(np.clip(given[min(allowed, len(given) - 1)], LOWEST, HIGHEST))
