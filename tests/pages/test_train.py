import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from fetal.store.workspace import Workspace
from fetal.training.settings import PRESETS
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.retraining import service
from pages.parts.app import beside
from tests.pages.conftest import OpenApp
from tests.pages.test_pages import words
from tests.support.labelling import label_scans
from tests.workbench.training_rows import ended_run

DEFAULT = PRESETS["default"]


@pytest.fixture
def workbench() -> Iterator[Workbench]:
    """The workspace that the app will open, with enough labels to train on."""
    opened = open_workbench(Workspace.at(Path(os.environ["FETAL_WORKSPACE"])))
    label_scans(opened)
    yield opened
    opened.close()


def frames(app: AppTest, column: str) -> list[dict[str, object]]:
    """The rows of the table that has a column."""
    found = [*app.dataframe, *app.table]
    [frame] = [one.value for one in found if column in one.value.columns]
    return list(frame.to_dict("records"))


def test_one_training_is_not_laid_beside_itself(open_app: OpenApp, workbench: Workbench) -> None:
    ended_run(workbench)
    app = open_app("train")
    assert not app.exception
    assert "Trainings side by side" not in [one.value for one in app.subheader]


def test_trainings_stand_side_by_side_with_what_differs(
    open_app: OpenApp, workbench: Workbench
) -> None:
    ended_run(workbench, accuracies=(0.5, 0.7))
    ended_run(workbench, DEFAULT.but(batch=8), accuracies=(0.6, 0.9), minutes=12)

    app = open_app("train")

    assert not app.exception
    rows = frames(app, "Scans at a time (batch)")
    assert [row["Scans at a time (batch)"] for row in rows] == ["16", "8"]
    assert [row["Right on held-back patients"] for row in rows] == ["70.0 %", "90.0 %"]
    assert [row["Took"] for row in rows] == ["6 minutes", "12 minutes"]
    assert not any(column.startswith("Picture size") for column in rows[0])
    [difference] = frames(app, "What it means")
    assert (difference["Training 1"], difference["Training 2"]) == ("16", "8")
    assert "Both used the same" in words(app)


def test_two_lines_are_no_pattern_but_three_are(open_app: OpenApp, workbench: Workbench) -> None:
    for batch in (4, 8, 16):
        ended_run(workbench, DEFAULT.but(batch=batch))
    app = open_app("train")
    assert "**From settings to outcome**" in words(app)

    app.multiselect(key="side-by-side").unselect(1).run()

    assert not app.exception
    assert "**From settings to outcome**" not in words(app)


def test_a_training_can_be_started_with_another_preset(
    open_app: OpenApp, workbench: Workbench
) -> None:
    app = open_app("train")
    app.toggle(key="other").set_value(True).run()
    app.selectbox(key="preset").select("original").run()
    rows = {row["Setting"]: (row["Usual"], row["These"]) for row in frames(app, "These")}
    assert rows["Picture size"] == ("256 pixels", "661 pixels")

    app.button(key="retrain").click().run()

    assert not app.exception
    [run] = service.runs(workbench)
    assert run.settings["name"] == "original"


def test_a_training_can_be_started_with_a_file(open_app: OpenApp, workbench: Workbench) -> None:
    app = open_app("train")
    app.toggle(key="other").set_value(True).run()
    app.radio(key="way").set_value("file").run()
    assert app.button(key="retrain").disabled

    content = b"preset: default\nstages.epochs: 3\n"
    app.file_uploader(key="settings-file").upload("mine.yaml", content).run()
    assert [row["These"] for row in frames(app, "These")] == ["default, changed", "3", "3"]
    app.button(key="retrain").click().run()

    assert not app.exception
    [run] = service.runs(workbench)
    assert [stage["epochs"] for stage in run.settings["stages"]] == [3, 3]


def test_a_file_with_a_mistake_starts_nothing(open_app: OpenApp, workbench: Workbench) -> None:
    app = open_app("train")
    app.toggle(key="other").set_value(True).run()
    app.radio(key="way").set_value("file").run()

    content = b"preset: default\nstart: weights\nweights: /etc/passwd\n"
    app.file_uploader(key="settings-file").upload("mine.yaml", content).run()

    assert "cannot read a weights file from the server" in app.error[0].value
    assert app.button(key="retrain").disabled


def test_a_past_training_names_its_settings_in_plain_words(
    open_app: OpenApp, workbench: Workbench
) -> None:
    number = ended_run(workbench)
    app = open_app("train")
    app.session_state[f"run-{number}"] = True
    app.run()
    assert not app.exception
    rows = {row["Setting"]: row["Value"] for row in frames(app, "Value")}
    assert rows["Picture size"] == "256 pixels"
    assert rows["Stage 2: step (learning rate)"] == "0.00001"


def test_the_page_is_there_while_the_labels_are_read(
    open_app: OpenApp, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended_run(workbench)
    app = open_app("scans")
    go_on = Event()
    monkeypatch.setattr(beside, "SECONDS", 0)
    monkeypatch.setattr(beside, "has_read_labels", lambda given: go_on.is_set())
    monkeypatch.setattr(beside, "read_labels", lambda given: go_on.wait(60))

    app.switch_page("pages/train.py").run()

    assert not app.exception
    assert [one for one in app.get("progress") if "Reading the labels" in one.proto.text]
    assert "retrain" not in [one.key for one in app.button]
    assert "Trainings before" in [one.value for one in app.subheader]
    go_on.set()
    assert "retrain" in [one.key for one in app.run().button]
