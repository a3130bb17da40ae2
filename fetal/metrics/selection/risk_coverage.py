"""How well a model ranks its answers by how likely they are to be wrong, in one figure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal.metrics.bootstrap import RESAMPLES, Draws, Floats, spread
from fetal.metrics.interval import Interval
from fetal.metrics.predictions import Labels, Predictions


@dataclass(frozen=True)
class RiskCoverage:
    """The risk-coverage curve (El-Yaniv and Wiener 2010) and the area under it.

    Attributes:
        coverage: The share of scans that are answered, the surest first, rising to 1, (k,).
        risk: The share of wrong answers among them, (k,).
        area: The mean risk over all coverages (AURC; Geifman and El-Yaniv 2017): 0 where nothing
            is wrong. It falls with fewer errors, and with errors that come later.
        excess: The area less that of the same answers in the best order, all errors last (Geifman,
            Uziel and El-Yaniv 2019): 0 where the model is less sure of every error than of every
            right answer, however many errors there are.
    """

    coverage: Floats
    risk: Floats
    area: Interval
    excess: Interval


def risk_coverage(
    labels: Labels,
    probabilities: Floats,
    patients: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> RiskCoverage:
    """Draw the risk-coverage curve of a model, by the probability of its answers.

    Scans that are equally sure come together, so that their order in a file changes nothing.

    Args:
        labels: The true planes as indices into PLANES, (n,).
        probabilities: The model's, (n, 6).
        patients: Who each scan is of, (n,).
        resamples: How often the patients are drawn again for the intervals.
        seed: Makes the intervals the same every time.

    Raises:
        ValueError: no scans, or lengths that differ.

    Example:
        >>> chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
        >>> curve = risk_coverage([0, 0, 1, 0], chances, ["P-1", "P-2", "P-3", "P-4"])
        >>> curve.risk.round(2).tolist(), round(curve.area.value, 3), round(curve.excess.value, 3)
        ([0.0, 0.0, 0.33, 0.25], 0.146, 0.083)
    """
    answers = Predictions.of(labels, probabilities, patients)
    order = np.argsort(-answers.confidence, kind="stable")
    sure, wrong = answers.confidence[order], ~answers.right[order]
    ends = np.append(np.diff(sure) < 0, True)
    # The best order has no ties: one error more is one step more.
    best = np.argsort(wrong, kind="stable")

    def figures(weights: Floats) -> Floats:
        ordered = weights[:, order]
        area = _areas(ordered, wrong, ends)
        least = _areas(ordered[:, best], wrong[best], np.ones(len(wrong), bool))
        return np.stack([area, area - least], axis=1)

    area, excess = figures(np.ones((1, len(wrong))))[0]
    drawn = Draws.of(patients, resamples, seed).each(figures)
    counts = np.arange(1, len(wrong) + 1)
    return RiskCoverage(
        coverage=(counts / len(wrong))[ends],
        risk=(np.cumsum(wrong) / counts)[ends],
        area=spread(float(area), drawn[:, 0]),
        excess=spread(float(excess), drawn[:, 1]),
    )


def _areas(weights: Floats, wrong: NDArray[np.bool_], ends: NDArray[np.bool_]) -> Floats:
    """The mean risk over the scans, each at the end of those that are as sure as it, (draws,)."""
    covered = np.cumsum(weights, axis=1)[:, ends]
    errors = np.cumsum(weights * wrong, axis=1)[:, ends]
    steps = np.diff(covered, axis=1, prepend=0.0)
    # Until the first scan that was drawn, nothing is covered, and nothing wrong.
    risk = errors / np.maximum(covered, 1)
    return np.asarray((steps * risk).sum(axis=1) / covered[:, -1])
