"""Whether probabilities mean what they say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fetal.metrics.bootstrap import RESAMPLES, Draws, Floats, Integers, spread
from fetal.metrics.interval import Interval
from fetal.metrics.predictions import Labels, Predictions, Probabilities

BINS = 15


@dataclass(frozen=True)
class ReliabilityBin:
    """The scans whose answers are about equally sure: one column of a reliability diagram.

    Attributes:
        low: The least confidence in the bin, 0 to 1.
        high: The largest.
        n: How many scans are in it.
        confidence: Their mean confidence.
        accuracy: The share of right answers among them; equal to `confidence`, within its
            interval, where the probabilities mean what they say.
    """

    low: float
    high: float
    n: int
    confidence: float
    accuracy: Interval


def expected_calibration_error(
    labels: Integers, probabilities: Probabilities, bins: int = BINS
) -> float:
    """The mean gap between stated confidence and accuracy (Guo et al. 2017).

    Args:
        labels: True classes, (n,).
        probabilities: (n, classes).
        bins: How many equal bins of confidence between 0 and 1.

    Returns:
        Between 0 (probabilities mean what they say) and 1.
    """
    gaps = _gaps(Predictions(labels, np.asarray(probabilities, dtype=np.float64)), bins)
    return float(np.abs(gaps.sum(axis=0)).sum() / len(labels))


def calibration_interval(answers: Predictions, draws: Draws, bins: int = BINS) -> Interval:
    """The expected calibration error with its interval."""
    return gap_interval(_gaps(answers, bins), draws)


def gap_interval(gaps: Floats, draws: Draws) -> Interval:
    """The mean size of gaps between what was stated and what was true, with its interval.

    Gaps count without their sign, so that noise makes the error larger: the noise of the scans
    at hand the error itself, and that of drawing them again the draws' errors once more. By how
    much, the draws tell: their mean less the error (bootstrap estimate of bias, Efron and
    Tibshirani 1993, chapter 10). The upper end is freed of the second noise, the lower end of
    both, so that probabilities that mean what they say are not found guilty for want of scans.

    Args:
        gaps: What each scan adds to each bin's gap, (n, bins).
        draws: The draws of the scans' patients.

    Returns:
        The sum over the bins of the gaps' sizes, for each scan.
    """
    value = float(np.abs(gaps.sum(axis=0)).sum() / len(gaps))
    drawn = np.abs(draws.sums(gaps)).sum(axis=1) / draws.sums(np.ones(len(gaps)))
    noise = max(0.0, float(drawn.mean()) - value)
    raw = spread(value, drawn)
    return Interval(value, max(0.0, raw.low - 2 * noise), raw.high - noise)


def brier_interval(answers: Predictions, draws: Draws) -> Interval:
    """The mean squared distance between probabilities and truth, over all classes (Brier 1950).

    Returns:
        Between 0 (sure and right) and 2 (sure and wrong).
    """
    truth = np.eye(answers.chances.shape[1])[answers.truth]
    errors = np.sum((answers.chances - truth) ** 2, axis=1)
    drawn = draws.sums(errors) / draws.sums(np.ones(len(errors)))
    return spread(float(errors.mean()), drawn)


def reliability(
    labels: Labels,
    probabilities: Probabilities,
    patients: Sequence[str],
    *,
    bins: int = 10,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[ReliabilityBin]:
    """Sort a model's answers by their confidence: the columns of a reliability diagram.

    The diagram is that of DeGroot and Fienberg (1983).

    Args:
        labels: The true planes as indices into PLANES, (n,).
        probabilities: The model's, (n, 6).
        patients: Who each scan is of, (n,).
        bins: How many equal bins of confidence between 0 and 1.
        resamples: How often the patients are drawn again for the intervals.
        seed: Makes the intervals the same every time.

    Returns:
        The bins that hold a scan, the least sure first.

    Raises:
        ValueError: no scans, or lengths that differ.

    Example:
        >>> surest = reliability([0, 1], np.eye(6)[[0, 1]], ["P-1", "P-2"])[-1]
        >>> surest.n, surest.confidence, surest.accuracy.value
        (2, 1.0, 1.0)
    """
    answers = Predictions.of(labels, probabilities, patients)
    draws = Draws.of(patients, resamples, seed)
    inside = np.eye(bins)[_bin_of(answers.confidence, bins)]
    counts = inside.sum(axis=0)
    right = inside * answers.right[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = draws.sums(right) / draws.sums(inside)
        confidence = (inside * answers.confidence[:, None]).sum(axis=0) / counts
        accuracy = right.sum(axis=0) / counts
    return [
        ReliabilityBin(
            low=index / bins,
            high=(index + 1) / bins,
            n=int(counts[index]),
            confidence=float(confidence[index]),
            accuracy=spread(accuracy[index], drawn[:, index]),
        )
        for index in np.flatnonzero(counts)
    ]


def _gaps(answers: Predictions, bins: int) -> Floats:
    inside = np.eye(bins)[_bin_of(answers.confidence, bins)]
    return np.asarray(inside * (answers.confidence - answers.right)[:, None])


def _bin_of(confidence: Floats, bins: int) -> Integers:
    return np.minimum((confidence * bins).astype(np.int64), bins - 1)
