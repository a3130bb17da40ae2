"""A calibration error whose bins go where the probabilities are."""

from collections.abc import Sequence

import numpy as np

from fetal.metrics.bootstrap import RESAMPLES, Draws, Floats, Integers
from fetal.metrics.calibration import BINS, gap_interval
from fetal.metrics.interval import Interval
from fetal.metrics.predictions import Labels, Predictions, Probabilities


def adaptive_calibration_error(
    labels: Labels,
    probabilities: Probabilities,
    patients: Sequence[str],
    *,
    bins: int = BINS,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The class-wise calibration error over bins that hold about as many scans each.

    Adaptive calibration error (Nixon et al. 2019). A good model states near 0 or near 1 nearly
    always; equal bins of probability then put all scans into two of them, in which too much and
    too little cancel.

    Args:
        labels: The true planes as indices into PLANES, (n,).
        probabilities: The model's, (n, classes).
        patients: Who each scan is of, (n,).
        bins: How many bins for each plane; equal probabilities stay together, so that a bin may
            hold more scans than another. Bins count by their scans.
        resamples: How often the patients are drawn again for the interval.
        seed: Makes the interval the same every time.

    Returns:
        Between 0 and 1, the mean over the planes.

    Raises:
        ValueError: no scans, or lengths that differ.

    Example:
        >>> chances = np.array([[0.6, 0.4], [0.8, 0.2]])
        >>> round(adaptive_calibration_error([1, 0], chances, ["P-1", "P-2"], bins=2).value, 3)
        0.4
    """
    answers = Predictions.of(labels, probabilities, patients)
    classes = answers.chances.shape[1]
    stated_too_much = answers.chances - np.eye(classes)[answers.truth]
    columns = [
        np.eye(bins)[_even_bins(answers.chances[:, plane], bins)] * stated_too_much[:, [plane]]
        for plane in range(classes)
    ]
    gaps = np.concatenate(columns, axis=1) / classes
    return gap_interval(gaps, Draws.of(patients, resamples, seed))


def _even_bins(values: Floats, bins: int) -> Integers:
    """Which of `bins` bins of about equal size each value is in; equal values are in one."""
    below = np.searchsorted(np.sort(values), values, side="left")
    return np.asarray(below * bins // len(values), dtype=np.int64)
