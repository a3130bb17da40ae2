"""How right a model is if it may leave its least sure answers to a person."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal.metrics.bootstrap import RESAMPLES, Draws, Floats, Integers, spread
from fetal.metrics.interval import Interval
from fetal.metrics.predictions import Labels, Predictions, Probabilities

SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True)
class CoverageStep:
    """The surest scans up to a share of all.

    Attributes:
        share: The share that was asked for, 0 to 1; scans that are equally sure come together.
        n: How many scans these are.
        threshold: The least confidence among them.
        accuracy: The share of right answers among them.
    """

    share: float
    n: int
    threshold: float
    accuracy: Interval


@dataclass(frozen=True)
class Coverage:
    """Accuracy against coverage: the risk-coverage curve of El-Yaniv and Wiener (2010), turned.

    Attributes:
        thresholds: Every confidence that occurs, falling, (k,).
        shares: The share of scans that are at least so sure, rising to 1, (k,).
        accuracy: The share of right answers among them, (k,).
        steps: The same at a few round shares, with intervals.
        errorless: The largest share of surest scans without an error, 0 to 1. It has no interval:
            no draw of the patients can hold a surer error than the surest that was seen, so that
            drawing again cannot tell how much smaller the share might be.
        errorless_n: How many scans these are.
    """

    thresholds: Floats
    shares: Floats
    accuracy: Floats
    steps: list[CoverageStep]
    errorless: float
    errorless_n: int


def coverage(
    labels: Labels,
    probabilities: Probabilities,
    patients: Sequence[str],
    *,
    shares: Sequence[float] = SHARES,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Coverage:
    """Measure a model on its surest answers only, from the surest one to all.

    Args:
        labels: The true planes as indices into PLANES, (n,).
        probabilities: The model's, (n, 6).
        patients: Who each scan is of, (n,).
        shares: Which shares of the scans get an interval, above 0 and up to 1.
        resamples: How often the patients are drawn again for the intervals.
        seed: Makes the intervals the same every time.

    Returns:
        The curve.

    Raises:
        ValueError: no scans, or lengths that differ.

    Example:
        >>> chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
        >>> curve = coverage([0, 0, 1, 0], chances, ["P-1", "P-2", "P-3", "P-4"])
        >>> curve.errorless, curve.accuracy.round(2).tolist()
        (0.5, [1.0, 1.0, 0.67, 0.75])
    """
    answers = Predictions.of(labels, probabilities, patients)
    order = np.argsort(-answers.confidence, kind="stable")
    sure, right = answers.confidence[order], answers.right[order]
    ends = np.flatnonzero(np.append(np.diff(sure) < 0, True))
    counts = ends + 1
    accuracy = np.cumsum(right)[ends] / counts
    errorless = int(counts[accuracy == 1][-1]) if accuracy[0] == 1 else 0
    draws = Draws.of(patients, resamples, seed)
    wanted = np.asarray(shares, dtype=np.float64)
    drawn = draws.each(lambda weights: _at(wanted, weights[:, order], right, ends))
    places = np.searchsorted(counts, np.ceil(wanted * len(sure) - 1e-9))
    return Coverage(
        thresholds=sure[ends],
        shares=counts / len(sure),
        accuracy=accuracy,
        steps=[
            CoverageStep(
                float(share),
                int(counts[place]),
                float(sure[ends[place]]),
                spread(accuracy[place], drawn[:, column]),
            )
            for column, (share, place) in enumerate(zip(wanted, places, strict=True))
        ],
        errorless=errorless / len(sure),
        errorless_n=errorless,
    )


def _at(shares: Floats, weights: Floats, right: NDArray[np.bool_], ends: Integers) -> Floats:
    """The accuracy at each share in each draw, with thresholds chosen anew in each."""
    covered = np.cumsum(weights, axis=1)[:, ends]
    correct = np.cumsum(weights * right, axis=1)[:, ends]
    rows = []
    for counts, hits in zip(covered, correct, strict=True):
        # A share such as 0.9 of 10 must not become the tenth scan by a rounding error.
        places = np.searchsorted(counts, np.ceil(shares * counts[-1] - 1e-9))
        rows.append(hits[places] / counts[places])
    return np.array(rows)
