"""Which labels are most likely wrong: confident learning's ranking, by cleanlab."""

import numpy as np
from numpy.typing import NDArray

from fetal.metrics.labelling.feature_heads import Classes, Probabilities


def label_quality(classes: Classes, chances: Probabilities) -> NDArray[np.float64]:
    """Score each label: the lower, the more likely it is wrong.

    The score is cleanlab's normalised margin, by how much the label's own probability lies above
    that of the best other plane (Northcutt et al. 2021, “Confident Learning: Estimating
    Uncertainty in Dataset Labels”; Kuan and Mueller 2022, “Model-agnostic label quality scoring
    to detect real-world label errors”).

    Args:
        classes: int64 (n,), the given labels as indices into `fetal.planes.PLANES`.
        chances: float64 (n, 6), out-of-fold probabilities (`out_of_fold`).

    Returns:
        float64 (n,), 0 to 1.

    Example:
        >>> chances = np.array([[0.9, 0.1, 0, 0, 0, 0], [0.9, 0.1, 0, 0, 0, 0]])
        >>> int(label_quality(np.array([0, 1]), chances).argmin())
        1
    """
    from cleanlab.rank import get_label_quality_scores

    scores = get_label_quality_scores(classes, chances, method="normalized_margin")
    return np.asarray(scores, np.float64)


def count_mistakes(classes: Classes, chances: Probabilities) -> int:
    """Estimate how many labels are wrong.

    Args:
        classes: int64 (n,), the given labels as indices into `fetal.planes.PLANES`.
        chances: float64 (n, 6), out-of-fold probabilities (`out_of_fold`).

    Returns:
        How many labels cleanlab's default filter (`prune_by_noise_rate`) would leave out.
    """
    from cleanlab.filter import find_label_issues

    # Planes without a label would be columns without rows, which cleanlab does not take.
    shown = np.unique(classes)
    given = np.searchsorted(shown, classes)
    among = chances[:, shown]
    among = among / np.maximum(among.sum(axis=1, keepdims=True), 1e-12)
    return int(np.sum(find_label_issues(given, among, n_jobs=1)))
