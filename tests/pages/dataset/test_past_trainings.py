"""The curve of past trainings, beside what to label next."""

import json
from collections.abc import Iterator

import pytest

from fetal.planes import PLANES
from fetal.store.states import CheckKind
from fetal.store.tables import Run
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.annotations.review import undo
from fetal.workbench.retraining import service
from pages.parts.app import app_state, warm_up
from pages.parts.label_checks import past_trainings
from pages.parts.train.measured_runs import measured
from tests.pages.conftest import OpenApp
from tests.pages.test_pages import words
from tests.support.labelling import WHO, label_scans
from tests.workbench.training_rows import ended_run, has_said, with_model


@pytest.fixture
def workbench() -> Iterator[Workbench]:
    workbench = open_workbench()
    yield workbench
    workbench.close()


def locked(workbench: Workbench, run_id: int) -> dict[int, str]:
    with workbench.store.reading() as session:
        snapshot = json.loads(workbench.blobs.get(session.get_one(Run, run_id).snapshot))
    return {entry["scan"]: entry["plane"] for entry in snapshot["test"]}


def test_past_trainings_are_a_curve_by_the_scans_they_learnt_from(
    open_app: OpenApp, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The page reads the labels itself where the start of the app has not come to it yet.
    monkeypatch.setattr(warm_up, "_catch_up", lambda: None)
    numbers = label_scans(workbench)
    more = ended_run(workbench)
    labels = locked(workbench, more)
    taken_back = next(number for number in numbers if number not in labels)
    undo(workbench, taken_back, WHO)
    fewer = ended_run(workbench)
    has_said(workbench, with_model(workbench, more, 2), labels)
    half = {scan: plane if scan % 2 else PLANES[5].value for scan, plane in labels.items()}
    has_said(workbench, with_model(workbench, fewer, 3), half)

    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Labels"
    app.session_state["label-check-kind"] = CheckKind.NEXT
    app.run()
    for work in list(app_state.works().values()):
        work.wait(30)
    app.run()
    assert not app.exception
    assert f"Measured on {len(labels)} scans" in words(app)

    [first, second] = service.runs(workbench)
    tested = measured([first, second])
    assert tested is not None
    found = [
        (run.counts["scans"], tested.accuracy[run.id], run)
        for run in sorted([first, second], key=lambda run: run.counts["scans"])
    ]
    [points] = past_trainings.drawn(found).data
    assert list(points.x) == [found[1][0] - 1, found[1][0]]
    assert points.y[1] == 1.0 > points.y[0]
    assert all(width >= 0 for width in (*points.error_y.array, *points.error_y.arrayminus))
