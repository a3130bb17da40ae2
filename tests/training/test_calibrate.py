"""Probabilities that mean what they say."""

import numpy as np
import pytest
from scipy.special import softmax

from fetal.metrics import expected_calibration_error
from fetal.training.calibrate import fit_doubt, fit_temperature, to_chances


@pytest.fixture
def overconfident() -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    honest = chance.normal(0, 2, (2000, 6))
    classes = np.array([chance.choice(6, p=row) for row in softmax(honest, axis=1)])
    return honest * 3, classes


def test_the_temperature_undoes_overconfidence(
    overconfident: tuple[np.ndarray, np.ndarray],
) -> None:
    logits, classes = overconfident
    temperature = fit_temperature(logits, classes)
    assert temperature == pytest.approx(3, rel=0.1)
    before = expected_calibration_error(classes, to_chances(logits, 1))
    assert expected_calibration_error(classes, to_chances(logits, temperature)) < before / 4


def test_a_handful_of_scans_asks_for_nothing_extreme() -> None:
    assert 0.4 < fit_temperature(np.eye(6)[:3] * 20, np.arange(3)) < 2.5


def test_above_the_threshold_the_model_is_as_right_as_asked(
    overconfident: tuple[np.ndarray, np.ndarray],
) -> None:
    logits, classes = overconfident
    threshold = fit_doubt(logits, classes, 3.0, accuracy=0.9)
    chances = to_chances(logits, 3.0)
    sure = chances.max(axis=1) >= threshold
    assert (chances.argmax(axis=1) == classes)[sure].mean() >= 0.9
    assert 0.1 < sure.mean() < 0.9
