"""The Review page and the record of a scan, wherever it is opened."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from fetal.planes import PLANES
from fetal.predict import Doubt
from fetal.store.tables import Annotation, PredictionRow
from fetal.workbench import Workbench
from fetal.workbench.annotations import conflicts, history, review
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.upload import add_scans
from pages.parts.app import app_state
from tests.pages.conftest import OpenApp
from tests.pages.test_pages import words
from tests.support.drawn import file


@pytest.fixture
def workbench(open_app: OpenApp) -> Workbench:
    """The workbench that the pages share, with three scans."""
    workbench = app_state.workbench()
    add_scans(workbench, [file(seed) for seed in range(3)], who="Ann", patient="4711")
    return workbench


def shown(app: AppTest) -> int:
    """The number of the scan on the Review page."""
    assert not app.exception
    [key] = [field.key for field in app.text_input if str(field.key).startswith("note-")]
    return int(str(key).removeprefix("note-"))


def drawn_words(app: AppTest) -> str:
    """What stands below the scan, which the browser writes there."""
    stage = app.get("bidi_component")[0]
    assert stage.key == "review-stage"
    return str(json.loads(stage.proto.json)[0]["caption"])


def label(app: AppTest, scan_id: int, plane: str) -> AppTest:
    return app.button(key=f"label-{scan_id}-{plane}").click().run()


def test_without_any_scan_it_does_not_say_that_all_are_labelled(open_app: OpenApp) -> None:
    said = words(open_app("review"))
    assert "There are no scans yet" in said
    assert "Every scan has a label" not in said


def test_a_doubt_is_told_before_the_button_that_accepts(
    open_app: OpenApp, workbench: Workbench
) -> None:
    told = "Please check."
    app = open_app("review")
    sure = [told in caption.value for caption in app.caption]
    with workbench.store.session() as session:
        doubt = Doubt.CHECK if not any(sure) else Doubt.SURE
        session.execute(update(PredictionRow).values(doubt=doubt))
    app.run()
    assert any(told in caption.value for caption in app.caption) is not any(sure)


def test_a_note_and_a_click_in_one_run_are_both_kept(
    open_app: OpenApp, workbench: Workbench
) -> None:
    app = open_app("review")
    first = shown(app)
    app.text_input(key=f"note-{first}").input("caliper over the midline")
    label(app, first, "femur")
    kept = scans.scan(workbench, first)
    assert (kept.label, kept.note) == ("femur", "caliper over the midline")

    second = shown(app)
    app.text_input(key=f"note-{second}").input("ask Ben")
    app.button(key="skip").click().run()
    assert (scans.scan(workbench, second).label, scans.scan(workbench, second).note) == (
        None,
        "ask Ben",
    )


def test_two_readers_are_shown_different_scans(open_app: OpenApp, workbench: Workbench) -> None:
    anna, ben = open_app("review"), open_app("review", who="Ben Ode")
    assert shown(anna) != shown(ben)


def test_the_scan_is_free_again_when_its_reader_turns_to_another_page(
    open_app: OpenApp, workbench: Workbench
) -> None:
    anna = open_app("review")
    first = shown(anna)
    anna.switch_page("pages/train.py").run()
    assert shown(open_app("review", who="Ben Ode")) == first


def test_it_says_who_looks_at_the_scans_that_are_left(
    open_app: OpenApp, workbench: Workbench
) -> None:
    for scan in scans.scans(workbench)[1:]:
        review.annotate(workbench, scan.id, "brain", "Ann")
    anna = open_app("review")
    assert shown(anna)
    ben = open_app("review", who="Ben Ode")
    assert "looked at by: Anna Meyer" in words(ben)
    assert "yourself in another window" in words(open_app("review"))


def test_both_are_told_of_a_label_that_came_in_between(
    open_app: OpenApp, workbench: Workbench
) -> None:
    anna = open_app("review")
    scan = shown(anna)
    seen = scans.scan(workbench, scan)
    review.label(workbench, scan, "femur", "Ben Ode", seen=seen.label_id)
    label(anna, scan, "brain")

    assert "Ben Ode labelled" in words(anna)
    assert "Your label, Fetal brain, stands now" in words(anna)
    anna.button(key="conflicts-read").click().run()
    assert "stands now" not in words(anna)
    ben = open_app("dataset", who="Ben Ode")
    assert "Anna Meyer labelled" in words(ben)
    ben.button(key="conflicts-read").click().run()
    assert "Anna Meyer labelled" not in words(open_app("train", who="Ben Ode"))


def test_only_what_is_ones_own_can_be_taken_back(open_app: OpenApp, workbench: Workbench) -> None:
    a, b, _ = [scan.id for scan in scans.scans(workbench)]
    theirs = review.annotate(workbench, a, "brain", "Ben Ode")
    mine = review.annotate(workbench, b, "femur", "Anna Meyer")
    app = open_app("review")
    assert f"undo-{mine}" not in {button.key for button in app.button}, "the list is closed"
    app.session_state["today"] = True
    app.run()
    buttons = {button.key for button in app.button}
    assert f"undo-{mine}" in buttons
    assert f"undo-{theirs}" not in buttons

    app.button(key="undo").click().run()
    assert shown(app) == b, "the scan whose label was taken back"
    assert scans.scan(workbench, a).label == "brain"


def test_a_label_of_an_earlier_day_is_corrected_in_the_gallery(
    open_app: OpenApp, workbench: Workbench
) -> None:
    scan = scans.scans(workbench)[0]
    old = review.annotate(workbench, scan.id, "femur", "Ben Ode", note="blurred")
    with workbench.store.session() as session:
        session.get_one(Annotation, old).at -= timedelta(days=40)
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Gallery"
    app.run()
    app.button(key=f"open-{scan.id}").click().run()
    record = words(app)
    assert "**Fetal femur** · " in record
    assert "by Ben Ode · “blurred”" in record

    label(app, scan.id, "brain")
    now = scans.scan(workbench, scan.id)
    assert (now.label, now.labelled_by, now.note) == ("brain", "Anna Meyer", "blurred")
    assert len(history.history(workbench, scan.id)) == 2
    assert not app.exception


def test_the_heat_map_of_another_plane_says_how_improbable_it_is(
    open_app: OpenApp, workbench: Workbench
) -> None:
    app = open_app("review")
    app.session_state["heat-popover"] = True
    app.run()
    said = scans.scan(workbench, shown(app))
    other = min(PLANES, key=lambda plane: said.probabilities[plane])
    assert "at full strength however little" not in drawn_words(app)
    app.selectbox(key="heat-plane").select(other).run()
    assert f"The model did not name this plane: {other.title} is" in drawn_words(app)


def test_moments_and_percent_read_alike_in_the_table_and_elsewhere(
    open_app: OpenApp, workbench: Workbench
) -> None:
    scan = scans.scans(workbench)[0]
    [table] = open_app("dataset").dataframe
    [row] = [row for _, row in table.value.iterrows() if row["scan"] == scan.name]
    assert row["probability"].endswith(" %")
    assert row["added"].to_pydatetime() == scan.added_at.astimezone().replace(tzinfo=None)


def test_the_scan_is_free_again_when_its_reader_gets_up(
    open_app: OpenApp, workbench: Workbench
) -> None:
    anna = open_app("review")
    first = shown(anna)
    anna.button(key="not-you").click().run()
    assert shown(open_app("review", who="Ben Ode")) == first


def test_a_rerun_asks_once_for_labels_that_were_replaced(
    open_app: OpenApp, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = conflicts.untold

    def untold(workbench: Workbench, who: str) -> list[conflicts.Conflict]:
        asked.append(who)
        return real(workbench, who)

    monkeypatch.setattr(conflicts, "untold", untold)
    app = open_app("review")
    asked.clear()
    label(app, shown(app), "brain")
    assert len(asked) == 1
