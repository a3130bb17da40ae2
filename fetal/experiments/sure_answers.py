"""Which answers of a run a reader would take for sure."""

import numpy as np
from numpy.typing import NDArray

from fetal.experiments.results import TrialPredictions

SURE = 0.9
"""The calibrated probability from which on an answer counts as sure here. A model that ships has a
threshold of its own; with one for all, variants differ in their answers alone."""


def sure(said: TrialPredictions) -> NDArray[np.bool_]:
    """Whether each answer is sure, (n,)."""
    return np.asarray(said.probabilities.max(axis=1) >= SURE)


def sure_and_wrong(said: TrialPredictions) -> NDArray[np.bool_]:
    """Whether each answer is sure of another plane than the scan shows, (n,).

    Of a scan that shows none of the five planes with a name, it is right to say *Other*.
    """
    return np.asarray(sure(said) & (said.probabilities.argmax(axis=1) != said.classes))
