import io
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from fetal.bundle import Bundle
from fetal.metrics import Verdict
from fetal.planes import Plane
from fetal.store import audit
from fetal.store.tables import ModelVersion, Patient, ScanRow
from fetal.workbench import NoModelError
from fetal.workbench.annotations.review import annotate
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.upload import add_samples, add_scans
from fetal.workbench.models import promotion
from fetal.workbench.models.promotion import NothingToRollBackError
from fetal.workbench.retraining import service
from fetal.worker import Worker
from tests.support.drawn import file
from tests.support.labelling import WHO, add_version, keep_apart, label_scans
from tests.support.tiny_model import tiny_model
from tests.support.waiting import until

STAND_IN = Path(__file__).parents[2] / "jobs" / "stand_in.py"


@pytest.fixture
def challenger(bench):
    """A second version, as a run would leave it."""
    return add_version(bench, tiny_model(2, "v2 · 23 Nov 2026"))


def test_the_loop_from_click_to_promotion(bench):
    label_scans(bench)
    command = [sys.executable, str(STAND_IN), "finish", str(tiny_model(2, "v2 · today").folder)]
    worker = Worker(bench.workspace, command)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        run = service.start(bench, WHO)
        until(lambda: service.run(bench, run.id).status == "done")
        run = service.run(bench, run.id)
        assert [point["epoch"] for point in run.curves] == [1, 2]
        assert run.model_name == "v2 · today"
        champion = bench.champion().version
        comparison = promotion.compare(bench, champion.id, run.model_id)
        assert comparison.n_scans == sum(run.counts["sides"]["test"].values())
        waiting = add_scans(bench, [file(77)], who=WHO)[0].scan_id
        promotion.promote(bench, run.model_id, WHO)
        assert bench.champion().version.id == run.model_id
        until(lambda: scans.scan(bench, waiting).model_name == "v2 · today")
    finally:
        worker.stop()
        thread.join(20)
    assert not thread.is_alive()


def test_two_models_are_measured_on_the_same_patients_kept_apart(bench, challenger):
    label_scans(bench)
    keep_apart(bench, 5)
    told = []
    first = bench.champion().version.id
    comparison = promotion.compare(bench, first, challenger, lambda *step: told.append(step))
    assert (comparison.n_scans, comparison.n_patients) == (15, 5)
    assert comparison.first.n == comparison.second.n == 15
    assert comparison.words.endswith("on 15 scans of 5 patients")
    assert comparison.verdict.difference == comparison.difference
    gain = comparison.second.accuracy.value - comparison.first.accuracy.value
    assert comparison.difference.value == pytest.approx(gain)
    assert told[-1] == (30, 30)
    for case in comparison.disagreements:
        assert case.first != case.second
        assert case.scan.label == case.label


def test_few_patients_cannot_show_that_a_model_is_harmless(bench):
    label_scans(bench)
    keep_apart(bench, 5)
    same = bench.champion().version.id
    comparison = promotion.compare(bench, same, same)
    assert comparison.verdict.verdict is Verdict.WORSE
    assert "could be worse by more than 1 point: too few scans to tell. " in comparison.words
    assert "Change in accuracy: 0.0 points (−" in comparison.words
    assert comparison.disagreements == []


def test_a_better_model_is_called_better_in_points(bench, challenger):
    numbers = label_scans(bench, each=1, patients=30)
    keep_apart(bench, 30)
    for number in numbers:
        annotate(bench, number, bench.model(challenger).predict(said(bench, number)).plane, WHO)
    first = bench.champion().version.id
    agree = promotion.compare(bench, first, challenger)
    share = 100 * (1 - agree.first.accuracy.value)
    assert share > 0
    name = bench.model(challenger).name
    assert agree.verdict.verdict is Verdict.BETTER
    change = f"Change in accuracy: +{share:.1f} points ("
    assert agree.words.startswith(f"“{name}” is better. {change}")
    swapped = promotion.compare(bench, challenger, first)
    assert swapped.verdict.verdict is Verdict.WORSE
    assert swapped.words.startswith(f"“tiny” is worse. {change.replace('+', '−')}")


def said(bench, number):
    return scans.stored_scan(bench, number)


def test_scans_that_one_of_the_two_was_trained_on_do_not_count(bench):
    label_scans(bench)
    keep_apart(bench, 5)
    with bench.store.reading() as session:
        apart = session.scalars(
            select(ScanRow.digest).join(Patient).where(Patient.side == "test").order_by(ScanRow.id)
        ).all()
    cheat = add_version(bench, tiny_model(3, "cheat", tuple(apart[:6])))
    comparison = promotion.compare(bench, bench.champion().version.id, cheat)
    assert (comparison.n_scans, comparison.left_out) == (9, 6)


def test_samples_are_never_the_models_accuracy(bench, challenger):
    for taken in add_samples(bench, WHO):
        annotate(bench, taken.scan_id, taken.file.split("-")[1], WHO)
    keep_apart(bench, 24)
    comparison = promotion.compare(bench, bench.champion().version.id, challenger)
    assert (comparison.n_scans, comparison.first, comparison.verdict) == (0, None, None)
    assert comparison.locked.scans == []
    assert "cannot be compared" in comparison.words


def test_a_promotion_keeps_what_the_gate_said(bench, challenger):
    label_scans(bench)
    keep_apart(bench, 5)
    first = bench.champion().version.id
    seen = promotion.compare(bench, first, challenger)
    promotion.promote(bench, challenger, WHO, seen)
    promotion.promote(bench, first, WHO, seen)
    with bench.store.reading() as session:
        back, there = audit.entries(session, action="promote")
    assert (there.who, there.detail["model"], there.detail["previous"]) == (WHO, challenger, first)
    assert there.detail["verdict"] == seen.verdict.verdict
    assert there.detail["difference"]["low"] == seen.difference.low
    assert back.detail["verdict"] == "not compared", "that comparison was the other way round"


def test_promote_twice_is_one_promotion(bench, challenger):
    promotion.promote(bench, challenger, WHO)
    promotion.promote(bench, challenger, WHO)
    newest, first = promotion.promotions(bench)
    assert (newest.model_name, newest.kind, newest.who) == ("v2 · 23 Nov 2026", "promote", WHO)
    assert newest.previous_name == first.model_name
    assert [view.is_champion for view in promotion.versions(bench)] == [True, False]
    assert promotion.versions(bench)[0].origin == "retrained"


def test_a_promotion_holds_in_a_workbench_opened_elsewhere(bench, open_bench, challenger):
    other = open_bench()
    promotion.promote(bench, challenger, WHO)
    assert other.champion().version.id == challenger
    other.close()


def test_rolling_back_goes_back_step_by_step(bench, challenger):
    first = bench.champion().version.id
    third = add_version(bench, tiny_model(3, "v3 · 23 Nov 2026"))
    promotion.promote(bench, challenger, WHO)
    promotion.promote(bench, third, WHO)
    assert promotion.roll_back(bench, WHO).id == challenger
    assert promotion.roll_back(bench, WHO).id == first
    with pytest.raises(NothingToRollBackError, match="no earlier model"):
        promotion.roll_back(bench, WHO)
    assert bench.champion().version.id == first


def test_a_new_champion_predicts_what_waits_for_a_label(bench, challenger, five_scans):
    annotate(bench, five_scans[0], Plane.BRAIN, WHO)
    promotion.promote(bench, challenger, WHO)
    promotion.refresh(bench, challenger)
    names = [scans.scan(bench, number).model_name for number in five_scans]
    assert names == ["tiny", *["v2 · 23 Nov 2026"] * 4]


def test_a_refresh_for_a_model_that_was_replaced_does_nothing(bench, challenger, five_scans):
    promotion.refresh(bench, challenger)
    assert {scans.scan(bench, number).model_name for number in five_scans} == {"tiny"}


def test_the_same_bundle_is_registered_once(bench, challenger):
    assert add_version(bench, tiny_model(2, "v2 · 23 Nov 2026")) == challenger


def test_a_name_that_is_taken_becomes_the_next_one(bench, challenger):
    other = add_version(bench, tiny_model(4, "v2 · 23 Nov 2026"))
    with bench.store.reading() as session:
        assert session.get_one(ModelVersion, other).name.startswith("v3 · ")


def test_a_downloaded_version_is_a_model_again(bench, challenger, tmp_path):
    with zipfile.ZipFile(io.BytesIO(promotion.archive(bench, challenger))) as packed:
        packed.extractall(tmp_path)
    (folder,) = (path.parent for path in tmp_path.glob("v2*/card.json"))
    assert Bundle.open(folder).digest == tiny_model(2, "v2 · 23 Nov 2026").digest


def test_an_unknown_version_is_named(bench):
    with pytest.raises(NoModelError, match="no model with the number 99"):
        promotion.promote(bench, 99, WHO)
    with pytest.raises(NoModelError):
        promotion.archive(bench, 99)
