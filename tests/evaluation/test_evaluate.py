import json
from dataclasses import replace

import pytest

from fetal.evaluation import LabelledScan, NothingToMeasureError, Report, examine, measure
from fetal.planes import PLANES, Plane
from fetal.predict import load_model
from fetal.scans import read_scan
from tests.evaluation.made_up import case, cases
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model


@pytest.fixture(scope="module")
def report() -> Report:
    return measure(cases(), tiny_model(), "made up", left_out={"it is a film": 2, "gone": 0})


def test_figures_over_four_and_over_six_planes(report: Report) -> None:
    assert (report.scans, report.patients) == (80, 40)
    assert report.four is not None
    assert (report.four.n, report.six.n) == (75, 80)
    assert report.four.accuracy.value == pytest.approx(72 / 75)
    assert report.six.accuracy.value == pytest.approx(77 / 80)
    assert report.main is report.four
    assert report.coverage.errorless == 0
    assert sum(one.n for one in report.reliability) == 75
    assert (report.data, report.model_digest) == ("made up", tiny_model().digest)
    assert report.left_out == {"it is a film": 2}


def test_no_figure_is_claimed_of_a_plane_with_few_scans(report: Report) -> None:
    assert set(report.six.per_plane) == {Plane.BRAIN, Plane.FEMUR}
    assert report.few == {Plane.ABDOMEN: 0, Plane.THORAX: 0, Plane.CERVIX: 5, Plane.OTHER: 0}
    assert report.six.confusion_shares is not None
    assert [row is not None for row in report.six.confusion_shares] == [
        plane in (Plane.BRAIN, Plane.FEMUR) for plane in PLANES
    ]
    assert report.six.confusion[PLANES.index(Plane.CERVIX)][PLANES.index(Plane.CERVIX)] == 5


def test_machines_and_doubts_are_counted_and_measured_where_there_are_enough(
    report: Report,
) -> None:
    e6, unnamed, other = report.machines
    assert (e6.name, e6.scans) == ("E6", 43)
    assert e6.six is not None
    assert e6.six.value == pytest.approx(40 / 43)
    assert unnamed.four is not None
    assert (unnamed.name, unnamed.scans, unnamed.four.value) == ("not named", 32, 1.0)
    assert (other.scans, other.four, other.six) == (5, None, None)
    doubts = {group.name: group.scans for group in report.doubts}
    assert (doubts["sure"], doubts["check"], doubts["unknown"]) == (79, 1, 0)


def test_the_worst_errors_are_those_stated_most_surely(report: Report) -> None:
    assert report.mistakes == 3
    assert [one.confidence for one in report.worst] == pytest.approx([0.95, 0.8, 0.6])
    worst = report.worst[0]
    assert (worst.plane, worst.said, worst.doubt) == (Plane.FEMUR, Plane.BRAIN, "sure")
    assert worst.chance == pytest.approx(0.01)


def test_a_report_is_plain_json_and_fits_a_card(report: Report) -> None:
    written = json.loads(json.dumps(report.to_json()))
    assert report.four is not None
    assert written["four"]["accuracy"]["value"] == report.four.accuracy.value
    assert len(written["coverage"]["shares"]) == len(written["coverage"]["accuracy"])
    assert written["worst"][0]["said"] == "brain"
    assert set(report.figures()) == {"four fetal planes", "all six planes", "trust"}
    assert json.loads(json.dumps(report.figures()))["trust"]["risk_coverage"].keys() == {
        "area",
        "excess",
    }


def test_the_same_set_has_the_same_digest_and_another_label_another_one(report: Report) -> None:
    again = measure(cases()[::-1], tiny_model(), "in another order")
    assert again.data_digest == report.data_digest
    first, *others = cases()
    relabelled = measure([replace(first, plane=Plane.THORAX), *others], tiny_model(), "changed")
    assert relabelled.data_digest != report.data_digest


def test_repeated_scans_are_counted() -> None:
    doubled = [case(1, Plane.BRAIN), case(1, Plane.BRAIN), case(2, Plane.BRAIN)]
    assert measure(doubled, tiny_model(), "doubled").repeated == 1


def test_without_fetal_planes_the_figures_are_over_all() -> None:
    report = measure([case(n, Plane.CERVIX) for n in range(3)], tiny_model(), "cervices")
    assert report.four is None
    assert report.main is report.six
    assert set(report.figures()) == {"all six planes", "trust"}


def test_nothing_to_measure_is_said() -> None:
    with pytest.raises(NothingToMeasureError, match="has not learnt from"):
        measure([], tiny_model(), "nothing")


def test_a_case_is_what_the_model_says_of_the_scan() -> None:
    model = load_model(tiny_model().folder)
    scans = [read_scan(file(seed).data, "a.png") for seed in range(5)]
    found = list(examine(model, [LabelledScan(one, Plane.BRAIN, "P1", "E6") for one in scans]))
    assert [one.digest for one in found] == [scan.digest for scan in scans]
    for one, scan in zip(found, scans, strict=True):
        said = model.predict(scan)
        assert (one.said, one.doubt) == (said.plane, said.doubt)
        assert one.confidence == pytest.approx(said.confidence)
        assert one.right == (said.plane == Plane.BRAIN)
