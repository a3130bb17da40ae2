"""How right answers grow with labels, and an honest forecast of what more labels would bring."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal.metrics.bootstrap import Draws
from fetal.metrics.interval import Interval
from fetal.metrics.labelling.feature_heads import (
    Classes,
    Features,
    Scaling,
    TooFewLabelsError,
    fitted_probabilities,
)
from fetal.metrics.labelling.label_order import CURIOUS
from fetal.metrics.labelling.out_of_fold import FOLDS, count_planes
from fetal.splits import patient_folds

SHARES = (0.2, 0.35, 0.5, 0.7, 0.85, 1.0)
"""The shares of the labels outside a fold that heads are fitted to."""

REPEATS = 3
FEWEST = 40
"""With fewer labels than these a curve says nothing."""

_RESAMPLES = 300
_STEEPEST = 1.5
"""Errors fall no faster than with this power of the labels; fits of few points would say so."""
_TWO_SIDED = 1.96


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Shares of right answers at growing numbers of labels, by cross-validation over patients.

    Attributes:
        sizes: float64 (s,), to how many labelled scans heads were fitted, ascending.
        right: float64 (s,), the share of right answers on patients that were not seen.
        labels: how many labelled scans there are.
        resampled: float64 (b, s), the shares of errors with the patients drawn again.
        apart: float64 (r,), how much the last two sizes differ, for each way to draw the scans.
    """

    sizes: NDArray[np.float64]
    right: NDArray[np.float64]
    labels: int
    resampled: NDArray[np.float64]
    apart: NDArray[np.float64]

    def forecast(self, more: int) -> "Forecast":
        """Forecast what more labels of scans drawn at random would bring.

        Errors fall as a power of the number of labels (Hestness et al. 2017, “Deep Learning
        Scaling is Predictable, Empirically”; Figueroa et al. 2012, “Predicting sample size
        required for classification performance”); the power is fitted to the curve. The interval
        holds what the next measurement will show 19 times in 20: the spread of the fit over
        patients drawn again, and the chance in the next measurement itself, as large as between
        the last two sizes.

        Args:
            more: how many more labelled scans, above 0.

        Returns:
            The forecast.
        """
        sizes = self.sizes
        gains = _gain(*_power(sizes, self.resampled), self.labels, more)
        gain = float(_gain(*_power(sizes, 1 - self.right[None]), self.labels, more)[0])
        between = (self.resampled[:, -2] - self.resampled[:, -1]).var()
        # Two made-up answers that change (after Agresti and Min 2005): that the last two sizes
        # gave the same answers is no proof that the next measurement will.
        between += 2 / self.labels**2
        spread = float(np.sqrt(gains.var() + between + self.apart.var(ddof=1)))
        width = _TWO_SIDED * spread
        return Forecast(more, Interval(gain, gain - width, gain + width))


@dataclass(frozen=True)
class Forecast:
    """What more labels would bring.

    Attributes:
        more: how many more labelled scans.
        gain: by how much the share of right answers would grow, -1 to 1, with its interval.
    """

    more: int
    gain: Interval


def learning_curve(
    features: Features,
    classes: Classes,
    patients: Sequence[str],
    on_fold: Callable[[int, int], None] = lambda done, total: None,
    seed: int = 0,
) -> LearningCurve:
    """Measure how right answers on unseen patients grow with labels.

    Args:
        features: (n, c), of the labelled scans, from a frozen network.
        classes: int64 (n,), their planes as indices into `fetal.planes.PLANES`.
        patients: whose each scan is, (n,).
        on_fold: called after each fold with how many are done, of how many.
        seed: makes the draws the same every time.

    Returns:
        The curve.

    Raises:
        TooFewLabelsError: there are fewer labels than a curve needs, or fewer than two patients.
    """
    owners = np.asarray(patients)
    counts = count_planes(owners, classes)
    folds = min(FOLDS, len(counts))
    if len(owners) < FEWEST or folds < 2 or len(np.unique(classes)) < 2:
        raise TooFewLabelsError(
            f"Expected at least {FEWEST} labelled scans, of several patients and planes; received "
            f"{len(owners)} scans of {len(counts)} patients. Label more."
        )
    components = Scaling.of(features).apply(features)
    chooser = np.random.default_rng(seed)
    wrong = np.zeros((REPEATS, len(SHARES), len(owners)))
    for turn in range(REPEATS):
        dealt = patient_folds(counts, folds, seed=seed + turn)
        place = np.array([dealt[owner] for owner in owners])
        for fold in range(folds):
            judged = np.flatnonzero(place == fold)
            order = chooser.permutation(np.flatnonzero(place != fold))
            for step, share in enumerate(SHARES):
                learnt = order[: max(2, round(share * len(order)))]
                if len(np.unique(classes[learnt])) < 2:
                    wrong[turn, step, judged] = 1
                    continue
                chances = fitted_probabilities(
                    components[learnt], classes[learnt], components[judged], CURIOUS
                )
                wrong[turn, step, judged] = chances.argmax(axis=1) != classes[judged]
            on_fold(turn * folds + fold + 1, REPEATS * folds)
    draws = Draws.of(patients, _RESAMPLES, seed)
    weights = draws.weights[:, draws.owner]
    errors = wrong.mean(axis=0)
    by_turn = wrong.mean(axis=2)
    return LearningCurve(
        sizes=np.array(SHARES) * len(owners) * (folds - 1) / folds,
        right=1 - errors.mean(axis=1),
        labels=len(owners),
        resampled=np.asarray(weights @ errors.T / weights.sum(axis=1, keepdims=True)),
        apart=by_turn[:, -2] - by_turn[:, -1],
    )


def _power(
    sizes: NDArray[np.float64], errors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit errors (b, s) as a power of the sizes: its logarithm at one label, and the power."""
    logs = np.log(np.maximum(errors, 0.5 / sizes[-1]))
    # Larger sizes count more: their errors lie nearer to what is asked, and beyond.
    weights = sizes / sizes.sum()
    x = np.log(sizes)
    middle = weights @ x
    level = logs @ weights
    slope = ((logs - level[:, None]) * (x - middle)) @ weights / (weights @ (x - middle) ** 2)
    slope = np.clip(slope, -_STEEPEST, 0)
    return np.asarray(level - slope * middle), np.asarray(slope)


def _gain(
    level: NDArray[np.float64], slope: NDArray[np.float64], labels: int, more: int
) -> NDArray[np.float64]:
    now = np.exp(level + slope * np.log(labels))
    then = np.exp(level + slope * np.log(labels + more))
    return np.asarray(now - then)
