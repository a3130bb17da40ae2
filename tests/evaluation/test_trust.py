"""Whether a model's doubt can be trusted, on answers that are known."""

import json
from dataclasses import replace

import pytest

from fetal.bundle import Calibration
from fetal.evaluation.trust import Trust, measure_trust
from fetal.metrics import SetThresholds
from fetal.planes import Plane
from tests.evaluation.made_up import CHECK_BELOW, case, cases, strange

CALIBRATION = Calibration(
    check_below=CHECK_BELOW,
    unknown_above=0.1,
    plane_sets=SetThresholds(0.95, {Plane.BRAIN: 0.5, Plane.FEMUR: 0.9}, {Plane.BRAIN: 30}),
)


@pytest.fixture(scope="module")
def trust() -> Trust:
    return measure_trust(cases(), CALIBRATION, strange())


def test_sure_errors_are_counted_over_all_by_plane_and_by_strange_kind(trust: Trust) -> None:
    found = {row.kind: (row.scans, row.sure, row.wrong) for row in trust.sure_errors}
    assert found == {
        "all scans": (80, 79, 2),  # the third error was doubted
        "Fetal brain": (40, 40, 0),
        "Fetal femur": (35, 34, 2),
        "Maternal cervix": (5, 5, 0),
        "other anatomy": (40, 20, 20),  # the other half was noticed
        "other device": (2, 2, 0),  # named rightly
    }
    assert trust.sure.wrong == 2


def test_naming_no_plane_is_right_of_what_shows_none() -> None:
    pictures = {"other anatomy": [case(3000, Plane.OTHER, Plane.OTHER)]}
    *_, row = measure_trust(cases(), CALIBRATION, pictures).sure_errors
    assert (row.kind, row.sure, row.wrong) == ("other anatomy", 1, 0)


def test_strangers_are_told_kind_by_kind_by_both_scores(trust: Trust) -> None:
    adult, heads = trust.strangers
    assert (adult.kind, adult.pictures, adult.flagged) == ("other anatomy", 40, 0.5)
    # Known scans all have 0, so that any unfamiliarity is above.
    assert adult.told.value == heads.told.value == 1
    # By the probability alone they cannot be told: nearly all answers have 0.9.
    assert [row.kind for row in trust.hesitation] == ["other anatomy", "other device"]
    assert trust.hesitation[0].told.value < 0.6


def test_a_model_that_cannot_tell_has_no_figure_for_it() -> None:
    old = replace(CALIBRATION, unknown_above=None, plane_sets=None)
    found = measure_trust(cases(), old, strange())
    assert found.strangers == ()
    assert found.sets is None
    assert len(found.hesitation) == 2


def test_sets_keep_or_break_their_promise(trust: Trust) -> None:
    assert trust.sets is not None
    assert trust.sets.kept[Plane.BRAIN].value == 1
    # Of 35 femurs, three were given less than a tenth and the others just 0.9.
    assert trust.sets.kept[Plane.FEMUR].value == pytest.approx(32 / 35)
    assert Plane.CERVIX in trust.sets.unpromised


def test_it_is_plain_json_and_the_card_holds_no_curve(trust: Trust) -> None:
    whole, kept = (json.loads(json.dumps(one)) for one in (trust.to_json(), trust.figures()))
    assert len(whole["risk_coverage"]["risk"]) == len(whole["risk_coverage"]["coverage"])
    assert set(kept["risk_coverage"]) == {"area", "excess"}
    assert kept["sets"]["unpromised"] == ["abdomen", "thorax", "cervix", "other"]
