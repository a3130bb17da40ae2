"""How much better one model is than another."""

from collections.abc import Sequence

import numpy as np

from fetal.metrics.bootstrap import Draws, spread
from fetal.metrics.interval import Interval
from fetal.metrics.predictions import Labels, Probabilities


def paired_difference(
    labels: Labels,
    first: Probabilities,
    second: Probabilities,
    patients: Sequence[str],
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """How much more accurate the second model is than the first, on the same scans.

    Two patients that nobody has seen are drawn with the others: one with a scan that only the
    first model gets right, one with a scan that only the second does, both with as many scans as
    patients have on average. Without them two models that agree on a handful of patients would
    differ by exactly nothing, surely; with them the interval says how much such few patients can
    hide. It is the adjustment of Agresti and Min (2005) for matched pairs, with patients for
    pairs; among thousands of scans it cannot be seen.

    Args:
        labels: True classes, (n,).
        first: The first model's probabilities, (n, 6).
        second: The second model's, (n, 6).
        patients: Who each scan is of, (n,).
        resamples: How often the patients are drawn again.
        seed: Makes the interval the same every time.

    Returns:
        Accuracy of the second less that of the first, as a share with its 95 % interval.

    Example:
        >>> paired_difference([0, 1], np.eye(6)[[0, 0]], np.eye(6)[[0, 1]], ["P-1", "P-2"]).value
        0.5
    """
    truth = np.asarray(labels)
    gain = (second.argmax(axis=1) == truth).astype(float) - (first.argmax(axis=1) == truth)
    names, owner = np.unique(np.asarray(patients), return_inverse=True)
    sizes = np.bincount(owner).astype(float)
    gains = np.append(np.bincount(owner, gain), [1.0, -1.0])
    sizes = np.append(sizes, [sizes.mean()] * 2)
    draws = Draws.of([*names, "\0won", "\0lost"], resamples, seed)
    order = draws.owner
    drawn = (draws.weights[:, order] @ gains) / (draws.weights[:, order] @ sizes)
    return spread(gain.mean(), drawn)
