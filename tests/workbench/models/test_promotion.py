import io
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from fetal.bundle import Bundle
from fetal.metrics import Verdict
from fetal.planes import PLANES, Plane
from fetal.progress import Progress
from fetal.scans import Scan as ReadScan
from fetal.store import audit
from fetal.store.tables import ModelVersion, Patient, ScanRow
from fetal.workbench import NoModelError, Workbench
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
def challenger(workbench: Workbench) -> int:
    """A second version, as a run would leave it."""
    return add_version(workbench, tiny_model(2, "v2 · 23 Nov 2026"))


def test_the_loop_from_click_to_promotion(workbench: Workbench) -> None:
    label_scans(workbench)
    command = [sys.executable, str(STAND_IN), "finish", str(tiny_model(2, "v2 · today").folder)]
    worker = Worker(workbench.workspace, command)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        run = service.start(workbench, WHO)
        until(lambda: service.run(workbench, run.id).status == "done")
        run = service.run(workbench, run.id)
        assert run.model_id is not None
        assert [point.epoch for point in run.curves] == [1, 2]
        assert run.model_name == "v2 · today"
        champion = workbench.champion().version
        comparison = promotion.compare(workbench, champion.id, run.model_id)
        assert comparison.n_scans == sum(run.counts["splits"]["test"].values())
        waiting = add_scans(workbench, [file(77)], who=WHO)[0].scan_id
        assert waiting is not None
        promotion.promote(workbench, run.model_id, WHO)
        assert workbench.champion().version.id == run.model_id
        until(lambda: scans.scan(workbench, waiting).model_name == "v2 · today")
    finally:
        worker.stop()
        thread.join(20)
    assert not thread.is_alive()


def test_two_models_are_measured_on_the_same_patients_kept_apart(
    workbench: Workbench, challenger: int
) -> None:
    label_scans(workbench)
    keep_apart(workbench, 5)
    told: list[Progress] = []
    first = workbench.champion().version.id
    comparison = promotion.compare(workbench, first, challenger, told.append)
    assert (comparison.n_scans, comparison.n_patients) == (15, 5)
    assert comparison.first is not None
    assert comparison.second is not None
    assert comparison.first.n == comparison.second.n == 15
    assert comparison.words.endswith("on 15 scans of 5 patients")
    assert comparison.verdict is not None
    assert comparison.difference is not None
    assert comparison.verdict.difference == comparison.difference
    gain = comparison.second.accuracy.value - comparison.first.accuracy.value
    assert comparison.difference.value == pytest.approx(gain)
    assert told[-1] == Progress(30, 30)
    for case in comparison.disagreements:
        assert case.first != case.second
        assert case.scan.label == case.label
    for by_second, figures in ((False, comparison.first), (True, comparison.second)):
        cells = [
            [len(comparison.taken_for(plane, said, by_second=by_second)) for said in PLANES]
            for plane in PLANES
        ]
        assert cells == [list(row) for row in figures.confusion]


def test_few_patients_cannot_show_that_a_model_is_harmless(workbench: Workbench) -> None:
    label_scans(workbench)
    keep_apart(workbench, 5)
    same = workbench.champion().version.id
    comparison = promotion.compare(workbench, same, same)
    assert comparison.verdict is not None
    assert comparison.verdict.verdict is Verdict.WORSE
    assert "could be worse by more than 1 point: too few scans to tell. " in comparison.words
    assert "Change in accuracy: 0.0 points (−" in comparison.words
    assert comparison.disagreements == []


def test_a_better_model_is_called_better_in_points(workbench: Workbench, challenger: int) -> None:
    numbers = label_scans(workbench, each=1, patients=30)
    keep_apart(workbench, 30)
    for number in numbers:
        annotate(
            workbench,
            number,
            workbench.model(challenger).predict(said(workbench, number)).plane,
            WHO,
        )
    first = workbench.champion().version.id
    agree = promotion.compare(workbench, first, challenger)
    assert agree.first is not None
    assert agree.verdict is not None
    share = 100 * (1 - agree.first.accuracy.value)
    assert share > 0
    name = workbench.model(challenger).name
    assert agree.verdict.verdict is Verdict.BETTER
    change = f"Change in accuracy: +{share:.1f} points ("
    assert agree.words.startswith(f"“{name}” is better. {change}")
    swapped = promotion.compare(workbench, challenger, first)
    assert swapped.verdict is not None
    assert swapped.verdict.verdict is Verdict.WORSE
    assert swapped.words.startswith(f"“tiny” is worse. {change.replace('+', '−')}")


def said(workbench: Workbench, number: int) -> ReadScan:
    return scans.stored_scan(workbench, number)


def test_scans_that_one_of_the_two_was_trained_on_do_not_count(workbench: Workbench) -> None:
    label_scans(workbench)
    keep_apart(workbench, 5)
    with workbench.store.reading() as session:
        apart = session.scalars(
            select(ScanRow.digest).join(Patient).where(Patient.split == "test").order_by(ScanRow.id)
        ).all()
    cheat = add_version(workbench, tiny_model(3, "cheat", tuple(apart[:6])))
    comparison = promotion.compare(workbench, workbench.champion().version.id, cheat)
    assert (comparison.n_scans, comparison.left_out) == (9, 6)


def test_samples_are_never_the_models_accuracy(workbench: Workbench, challenger: int) -> None:
    for taken in add_samples(workbench, WHO):
        assert taken.scan_id is not None
        annotate(workbench, taken.scan_id, taken.file.split("-")[1], WHO)
    keep_apart(workbench, 24)
    comparison = promotion.compare(workbench, workbench.champion().version.id, challenger)
    assert (comparison.n_scans, comparison.first, comparison.verdict) == (0, None, None)
    assert comparison.locked.scans == []
    assert "cannot be compared" in comparison.words


def test_a_promotion_keeps_what_the_gate_said(workbench: Workbench, challenger: int) -> None:
    label_scans(workbench)
    keep_apart(workbench, 5)
    first = workbench.champion().version.id
    seen = promotion.compare(workbench, first, challenger)
    promotion.promote(workbench, challenger, WHO, seen)
    promotion.promote(workbench, first, WHO, seen)
    with workbench.store.reading() as session:
        back, there = audit.entries(session, action="promote")
    assert (there.who, there.detail["model"], there.detail["previous"]) == (WHO, challenger, first)
    assert seen.verdict is not None
    assert seen.difference is not None
    assert there.detail["verdict"] == seen.verdict.verdict
    assert there.detail["difference"]["low"] == seen.difference.low
    assert back.detail["verdict"] == "not compared", "that comparison was the other way round"


def test_promote_twice_is_one_promotion(workbench: Workbench, challenger: int) -> None:
    promotion.promote(workbench, challenger, WHO)
    promotion.promote(workbench, challenger, WHO)
    newest, first = promotion.promotions(workbench)
    assert (newest.model_name, newest.kind, newest.who) == ("v2 · 23 Nov 2026", "promote", WHO)
    assert newest.previous_name == first.model_name
    assert [view.is_champion for view in promotion.versions(workbench)] == [True, False]
    assert promotion.versions(workbench)[0].origin == "retrained"


def test_a_promotion_holds_in_a_workbench_opened_elsewhere(
    workbench: Workbench, reopen: Callable[[], Workbench], challenger: int
) -> None:
    other = reopen()
    promotion.promote(workbench, challenger, WHO)
    assert other.champion().version.id == challenger
    other.close()


def test_rolling_back_goes_back_step_by_step(workbench: Workbench, challenger: int) -> None:
    first = workbench.champion().version.id
    third = add_version(workbench, tiny_model(3, "v3 · 23 Nov 2026"))
    promotion.promote(workbench, challenger, WHO)
    promotion.promote(workbench, third, WHO)
    assert promotion.roll_back(workbench, WHO).id == challenger
    assert promotion.roll_back(workbench, WHO).id == first
    with pytest.raises(NothingToRollBackError, match="no earlier model"):
        promotion.roll_back(workbench, WHO)
    assert workbench.champion().version.id == first


def test_a_new_champion_predicts_what_waits_for_a_label(
    workbench: Workbench, challenger: int, five_scans: list[int]
) -> None:
    annotate(workbench, five_scans[0], Plane.BRAIN, WHO)
    promotion.promote(workbench, challenger, WHO)
    promotion.refresh(workbench, challenger)
    names = [scans.scan(workbench, number).model_name for number in five_scans]
    assert names == ["tiny", *["v2 · 23 Nov 2026"] * 4]


def test_a_refresh_for_a_model_that_was_replaced_does_nothing(
    workbench: Workbench, challenger: int, five_scans: list[int]
) -> None:
    promotion.refresh(workbench, challenger)
    assert {scans.scan(workbench, number).model_name for number in five_scans} == {"tiny"}


def test_the_same_bundle_is_registered_once(workbench: Workbench, challenger: int) -> None:
    assert add_version(workbench, tiny_model(2, "v2 · 23 Nov 2026")) == challenger


def test_a_name_that_is_taken_becomes_the_next_one(workbench: Workbench, challenger: int) -> None:
    other = add_version(workbench, tiny_model(4, "v2 · 23 Nov 2026"))
    with workbench.store.reading() as session:
        assert session.get_one(ModelVersion, other).name.startswith("v3 · ")


def test_a_downloaded_version_is_a_model_again(
    workbench: Workbench, challenger: int, tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(promotion.archive(workbench, challenger))) as packed:
        packed.extractall(tmp_path)
    (folder,) = (path.parent for path in tmp_path.glob("v2*/card.json"))
    assert Bundle.open(folder).digest == tiny_model(2, "v2 · 23 Nov 2026").digest


def test_an_unknown_version_is_named(workbench: Workbench) -> None:
    with pytest.raises(NoModelError, match="no model with the number 99"):
        promotion.promote(workbench, 99, WHO)
    with pytest.raises(NoModelError):
        promotion.archive(workbench, 99)
