"""Cases with known answers, for tests of what is written about them."""

from functools import cache

import numpy as np

from fetal.evaluation import Case, Report, measure
from fetal.planes import PLANES, Plane
from fetal.predict import Doubt
from tests.support.tiny_model import tiny_model

CHECK_BELOW = 0.7


def case(
    number: int,
    plane: Plane,
    said: Plane | None = None,
    confidence: float = 0.9,
    patient: str | None = None,
    machine: str | None = "E6",
    unfamiliarity: float = 0.0,
) -> Case:
    """A scan that shows a plane, and what a model said of it and how surely."""
    said = said or plane
    chances = np.full(len(PLANES), (1 - confidence) / (len(PLANES) - 1))
    chances[PLANES.index(said)] = confidence
    return Case(
        digest=f"{number:064x}",
        plane=plane,
        patient=patient or f"P{number // 2}",
        machine=machine,
        probabilities=tuple(chances.tolist()),
        doubt=Doubt.of({said: confidence}, CHECK_BELOW, unfamiliarity),
        unfamiliarity=unfamiliarity,
    )


def cases() -> list[Case]:
    """40 brains, 35 femurs of which three are called brain, and 5 cervices on another machine."""
    wrong = {40: 0.6, 41: 0.95, 42: 0.8}
    return [
        *(case(number, Plane.BRAIN) for number in range(40)),
        *(case(number, Plane.FEMUR, Plane.BRAIN, wrong[number]) for number in wrong),
        *(case(number, Plane.FEMUR, machine=None) for number in range(43, 75)),
        *(case(number, Plane.CERVIX, machine="<b>S10</b>") for number in range(75, 80)),
    ]


@cache
def measured() -> Report:
    """The report on these cases, of which nobody said anything else; the draws take a second."""
    return measure(cases(), tiny_model(), "made up")


def strange() -> dict[str, list[Case]]:
    """Forty adult frames, half of which are noticed, and two heads of another device."""
    adult = [
        case(number, Plane.OTHER, Plane.THORAX, unfamiliarity=1.5 if number % 2 else 0.4)
        for number in range(1000, 1040)
    ]
    heads = [case(number, Plane.BRAIN, unfamiliarity=0.5) for number in (2000, 2002)]
    return {"other anatomy": adult, "other device": heads, "no ultrasound": []}
