"""The calibration error of every plane's probability, not only of the largest."""

from collections.abc import Sequence

import numpy as np

from fetal.metrics.bootstrap import RESAMPLES, Draws
from fetal.metrics.calibration import BINS, gap_interval
from fetal.metrics.interval import Interval
from fetal.metrics.predictions import Labels, Predictions, Probabilities


def classwise_calibration_error(
    labels: Labels,
    probabilities: Probabilities,
    patients: Sequence[str],
    *,
    bins: int = BINS,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The mean gap between each plane's probability and how often it is the plane.

    Class-wise expected calibration error (Kull et al. 2019; static calibration error in Nixon et
    al. 2019): the expected calibration error looks at the plane that is named only, and so says
    nothing of the rare ones that are not.

    Args:
        labels: The true planes as indices into PLANES, (n,).
        probabilities: The model's, (n, classes).
        patients: Who each scan is of, (n,).
        bins: How many equal bins of probability between 0 and 1, for each plane.
        resamples: How often the patients are drawn again for the interval.
        seed: Makes the interval the same every time.

    Returns:
        Between 0 and 1, the mean over the planes. Planes without a scan count too: what is stated
        of them is too much.

    Raises:
        ValueError: no scans, or lengths that differ.

    Example:
        >>> chances = np.array([[0.8, 0.2], [0.8, 0.2]])
        >>> round(classwise_calibration_error([0, 0], chances, ["P-1", "P-2"]).value, 3)
        0.2
    """
    answers = Predictions.of(labels, probabilities, patients)
    places = np.minimum((answers.chances * bins).astype(np.int64), bins - 1)
    stated_too_much = answers.chances - np.eye(answers.chances.shape[1])[answers.truth]
    inside = np.eye(bins)[places]
    gaps = (inside * stated_too_much[..., None]).reshape(len(places), -1)
    gaps /= answers.chances.shape[1]
    return gap_interval(gaps, Draws.of(patients, resamples, seed))
