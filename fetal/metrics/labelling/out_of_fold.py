"""What heads say of labelled scans whose patients they have not seen."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from fetal.metrics.labelling.feature_heads import (
    STRENGTH,
    Classes,
    Features,
    Probabilities,
    Scaling,
    TooFewLabelsError,
    fitted_probabilities,
)
from fetal.planes import PLANES, Plane
from fetal.splits import patient_folds

FOLDS = 5
ROUNDS = 3
"""How often the patients are dealt out anew; the probabilities are averaged."""


def out_of_fold(
    features: Features,
    classes: Classes,
    patients: Sequence[str],
    teaches: NDArray[np.bool_] | None = None,
    on_fold: Callable[[int, int], None] = lambda done, total: None,
) -> Probabilities:
    """Ask about each labelled scan a head that was fitted without its patient.

    Cross-validation by patient: the patients are dealt into folds; the scans of a fold are judged
    by a head that was fitted to those of the others. Scans that teach nothing, such as those of
    the held-out test set, are judged by every head and fitted to by none.

    Args:
        features: (n, c), of the labelled scans, from a network that has not seen these labels.
        classes: int64 (n,), their planes as indices into `fetal.planes.PLANES`.
        patients: whose each scan is, (n,).
        teaches: bool (n,), which scans heads may be fitted to; if None, all. A patient's scans
            must all teach, or none.
        on_fold: called after each fold with how many are done, of how many.

    Returns:
        float64 (n, 6), each row summing to 1.

    Raises:
        TooFewLabelsError: fewer than two patients or two planes are left to fit to.

    Example:
        >>> random = np.random.default_rng(0)
        >>> classes = np.arange(60) % 2
        >>> features = random.normal(size=(60, 4)) + 5 * classes[:, None]
        >>> chances = out_of_fold(features, classes, [str(n // 2) for n in range(60)])
        >>> bool((chances.argmax(axis=1) == classes).all())
        True
    """
    owners = np.asarray(patients)
    teaching = np.ones(len(owners), bool) if teaches is None else teaches
    counts = count_planes(owners[teaching], classes[teaching])
    folds = min(FOLDS, len(counts))
    if folds < 2 or len(np.unique(classes[teaching])) < 2:
        raise TooFewLabelsError(
            f"Expected labelled scans of at least two patients and two planes; received "
            f"{len(counts)} patients and {len(np.unique(classes[teaching]))} planes. Label more."
        )
    components = Scaling.of(features).apply(features)
    total = np.zeros((len(owners), len(PLANES)))
    asked = np.zeros(len(owners))
    for turn in range(ROUNDS):
        dealt = patient_folds(counts, folds, seed=turn)
        place = np.array([dealt.get(owner, -1) for owner in owners])
        for fold in range(folds):
            fitted = teaching & (place != fold)
            judged = (place == fold) | ~teaching
            if len(np.unique(classes[fitted])) >= 2:
                total[judged] += fitted_probabilities(
                    components[fitted], classes[fitted], components[judged], STRENGTH
                )
                asked[judged] += 1
            on_fold(turn * folds + fold + 1, ROUNDS * folds)
    if not asked.all():
        raise TooFewLabelsError(
            "Expected at least two planes in every part of the patients; one plane is that of a "
            "single patient. Label scans of more patients."
        )
    return np.asarray(total / asked[:, None])


def count_planes(owners: NDArray[np.str_], classes: Classes) -> dict[str, Counter[Plane]]:
    """Count the scans of each plane of each patient, as `fetal.splits` takes them.

    Args:
        owners: whose each scan is, (n,).
        classes: int64 (n,), places in `fetal.planes.PLANES`.
    """
    counts: dict[str, Counter[Plane]] = {}
    for owner, one in zip(owners.tolist(), classes.tolist(), strict=True):
        counts.setdefault(owner, Counter())[PLANES[one]] += 1
    return counts
