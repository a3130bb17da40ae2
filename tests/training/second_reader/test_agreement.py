import numpy as np
import pytest
from scipy.special import softmax

from fetal.planes import FETAL_PLANES, Plane
from fetal.training.second_reader.agreement import (
    HIGHEST,
    LOWEST,
    answer_chances,
    fit_agreement,
    fit_reader_temperature,
)
from fetal.training.second_reader.answer_groups import CLASSES, answer_of, membership


def reader(count: int, strength: float) -> tuple[np.ndarray, list[Plane | None]]:
    """Logits of scans, drawn so that they mean what they say, times a strength."""
    chance = np.random.default_rng(0)
    logits = chance.normal(0, 2, (count, len(CLASSES)))
    drawn = [chance.choice(len(CLASSES), p=row) for row in softmax(logits, axis=1)]
    answers = membership().argmax(axis=0)[drawn]
    planes = [*FETAL_PLANES, None]
    order = [answer_of(plane) for plane in planes]
    return logits * strength, [planes[order.index(answer)] for answer in answers]


@pytest.mark.parametrize("strength", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_what_made_the_probabilities_too_sure(strength: float) -> None:
    logits, planes = reader(3000, strength)
    assert fit_reader_temperature(logits, planes) == pytest.approx(strength, rel=0.12)


def test_the_threshold_costs_as_many_sure_answers_as_allowed() -> None:
    logits, _ = reader(1000, 1.0)
    named = [list(FETAL_PLANES)[number % 4] for number in range(1000)]
    given = answer_chances(logits)[np.arange(1000), [answer_of(plane) for plane in named]]
    for lost in (0.5, 0.7):
        agree_at = fit_agreement(logits, named, lost=lost)
        assert LOWEST < agree_at < HIGHEST
        assert (given < agree_at).mean() == pytest.approx(lost, abs=1e-9)


def test_the_threshold_stays_within_reason() -> None:
    sure = np.full((10, len(CLASSES)), -20.0)
    sure[:, CLASSES.index("femur")] = 20
    assert fit_agreement(sure, [Plane.FEMUR] * 10) == HIGHEST
    assert fit_agreement(sure, [Plane.BRAIN] * 10) == LOWEST
    # What it calls nothing agrees with the cervix and with Other.
    sure[:, CLASSES.index("lips")] = 60
    assert fit_agreement(sure, [Plane.CERVIX, Plane.OTHER] * 5) == HIGHEST
    with pytest.raises(ValueError, match="received none"):
        fit_agreement(sure[:0], [])
