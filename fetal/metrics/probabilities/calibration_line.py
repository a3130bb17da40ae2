"""Whether probabilities are too extreme or too timid, and each plane's too high or too low.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fetal.metrics.bootstrap import RESAMPLES, Draws, Floats, spread
from fetal.metrics.interval import Interval
from fetal.metrics.predictions import Labels, Predictions, Probabilities

_NEAREST = 1e-6
"""How near to 0 and 1 a probability counts: beyond, one scan would outweigh all others."""

_ROUNDS = 40
_LONGEST_STEP = 0.5
_CLOSE = 1e-6
_STEP = 0.1
"""Log odds that count as one where patients are drawn again: a thousand fits, each over a few
hundred points in place of all."""


@dataclass(frozen=True)
class CalibrationLine:
    """Cox's (1958) recalibration line of true planes on the log odds of stated ones.

    Attributes:
        slope: Over the probabilities of all planes. 1 where they are as extreme as they should
            be; below, too extreme, as after overfitting; above, too timid. None where every true
            plane was given more than every wrong one: any slope that is steep enough fits then.
        intercepts: By plane, in log odds, with the slope held at 1 (calibration in the large): 0
            where its probabilities are right on average; below, too high; above, too low. None
            for a plane that no scan shows, or every scan.
    """

    slope: Interval | None
    intercepts: tuple[Interval | None, ...]


def calibration_line(
    labels: Labels,
    probabilities: Probabilities,
    patients: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> CalibrationLine:
    """Fit the line: what van Calster et al. (2019) call weak calibration.

    Each scan gives a point for each plane, that plane against all others. The slope is one for
    all planes, since a model with hardly an error has too few wrong answers for six; the
    intercept is one for each, since over all planes it is 0 whatever the model says.

    Args:
        labels: The true planes as indices into PLANES, (n,).
        probabilities: The model's, (n, classes).
        patients: Who each scan is of, (n,).
        resamples: How often the patients are drawn again for the intervals. Draws for which there
            is no line do not count.
        seed: Makes the intervals the same every time.

    Raises:
        ValueError: no scans, or lengths that differ.

    Example:
        >>> chances = np.array([[0.9, 0.1]] * 10)
        >>> line = calibration_line([0] * 8 + [1] * 2, chances, [f"P-{n}" for n in range(10)])
        >>> round(line.slope.value, 2), [round(one.value, 2) for one in line.intercepts]
        (0.63, [-0.81, 0.81])
    """
    answers = Predictions.of(labels, probabilities, patients)
    classes = answers.chances.shape[1]
    chances = np.clip(answers.chances, _NEAREST, 1 - _NEAREST)
    odds = np.log(chances / (1 - chances))
    true = np.eye(classes)[answers.truth]
    draws = Draws.of(patients, resamples, seed)
    slope = None
    if odds[true == 1].min() <= odds[true == 0].max():
        [whole] = _slopes(odds.ravel(), true.ravel(), np.ones((1, true.size)))
        slope = spread(float(whole), _slopes(*_drawn(odds, true, draws)))
    intercepts: list[Interval | None] = []
    for k in range(classes):
        [middle] = _intercepts(odds[:, k], true[:, k], np.ones((1, len(true))))
        drawn = _drawn(odds[:, [k]], true[:, [k]], draws) if np.isfinite(middle) else None
        intercepts.append(None if drawn is None else spread(float(middle), _intercepts(*drawn)))
    return CalibrationLine(slope, tuple(intercepts))


def _drawn(odds: Floats, true: Floats, draws: Draws) -> tuple[Floats, Floats, Floats]:
    """The points of scans, (n, k), put together where they are as good as equal.

    Returns:
        Log odds (m,), whether true (m,), and how often each point came up, (draws, m).
    """
    keys = np.stack([np.rint(odds / _STEP).ravel(), true.ravel()])
    points, place = np.unique(keys, axis=1, return_inverse=True)
    place = place.reshape(odds.shape)
    counts = np.bincount(place.ravel())
    middles = np.bincount(place.ravel(), odds.ravel()) / counts
    totals = np.zeros((draws.patients, len(counts)))
    np.add.at(totals, (draws.owner[:, None], place), 1)
    return middles, points[1], draws.weights @ totals


def _slopes(odds: Floats, true: Floats, weights: Floats) -> Floats:
    """The most likely slope of each draw, (draws,), by Newton's method."""
    low, slope = np.zeros(len(weights)), np.ones(len(weights))
    turn = np.full(len(weights), np.inf)
    for _ in range(_ROUNDS):
        stated = _logistic(low[:, None] + slope[:, None] * odds)
        missing = weights * (true - stated)
        bend = weights * stated * (1 - stated)
        up, across = missing.sum(axis=1), missing @ odds
        a, b, c = bend.sum(axis=1), bend @ odds, bend @ (odds * odds)
        with np.errstate(invalid="ignore", divide="ignore"):
            # Short steps: a long one may leap over the top of a curve that is flat far from it.
            lift = np.clip((c * up - b * across) / (a * c - b * b), -_LONGEST_STEP, _LONGEST_STEP)
            turn = np.clip((a * across - b * up) / (a * c - b * b), -_LONGEST_STEP, _LONGEST_STEP)
        low, slope = low + lift, slope + turn
        if not (np.abs(turn) >= _CLOSE).any():
            break
    return np.where(np.abs(turn) < _CLOSE, slope, np.nan)


def _intercepts(odds: Floats, true: Floats, weights: Floats) -> Floats:
    """The most likely shift of each draw with the slope held at 1, (draws,)."""
    low = np.zeros(len(weights))
    lift = np.full(len(weights), np.inf)
    for _ in range(_ROUNDS):
        stated = _logistic(low[:, None] + odds)
        bend = (weights * stated * (1 - stated)).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            step = (weights * (true - stated)).sum(axis=1) / bend
        lift = np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        low = low + lift
        if not (np.abs(lift) >= _CLOSE).any():
            break
    return np.where(np.abs(lift) < _CLOSE, low, np.nan)


def _logistic(odds: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * odds)))
