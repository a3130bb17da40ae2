"""The address of the Dataset page, the sheet, and the queues that are made there."""

import json

import pytest

from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.filter_text import from_text
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.reading_queues import queues
from pages.parts.app import app_state
from tests.pages.conftest import OpenApp
from tests.pages.test_pages import words
from tests.support.drawn import file


@pytest.fixture
def workbench(open_app: OpenApp) -> Workbench:
    workbench = app_state.workbench()
    add_scans(workbench, [file(seed) for seed in range(4)], who="Ann", patient="Meyer, Eva")
    add_scans(workbench, [file(9)], who="Ann", patient="4711")
    return workbench


def test_an_address_opens_the_same_filter_and_tab_elsewhere(
    open_app: OpenApp, workbench: Workbench
) -> None:
    here = open_app("dataset")
    here.text_input(key="filter-patient").input("Meyer, Eva").run()
    assert "**4 scans** fit the filter" in words(here)
    here.segmented_control(key="filter-reviewed").set_value("Missing").run()
    here.session_state["dataset-tab"] = "Sheet"
    here.run()
    address = dict(here.query_params)
    assert address["tab"] == "Sheet"
    assert "Meyer" not in address["filter"], "a patient stands in an address by code only"

    planes = sorted({one.predicted.value for one in scans.scans(workbench) if one.predicted})
    address["filter"] = address["filter"].replace("{", f'{{"planes":{json.dumps(planes)},', 1)
    there = open_app("scans", who="Ben Ode")
    there.switch_page("pages/dataset.py")
    for name, value in address.items():
        there.query_params[name] = value
    there.run()
    assert not there.exception
    assert "**4 scans** fit the filter" in words(there)
    assert there.segmented_control(key="filter-reviewed").value == "Missing"
    [sheet] = [one for one in there.get("bidi_component") if one.key == "dataset-sheet"]
    assert len(json.loads(sheet.proto.json)[0]["scans"]) == 4
    kept = from_text(dict(there.query_params)["filter"])
    assert kept == from_text(address["filter"])
    assert kept.planes == tuple(planes)


def test_a_saved_filter_is_a_queue_that_is_read_with_its_progress(
    open_app: OpenApp, workbench: Workbench
) -> None:
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Queues"
    app.run()
    app.text_input(key="queue-name").input("All of them")
    app.number_input(key="queue-goal").set_value(2)
    app.button(key="queue-save").click().run()
    assert not app.exception
    [queue] = queues.open_queues(workbench)
    assert (queue.name, queue.goal, queue.chosen) == ("All of them", 2, ScanFilter())

    app.switch_page("pages/review.py").run()
    app.selectbox(key="review-queue").set_value(queue.id).run()
    assert "**5 scans** left · you: 0 of 2" in words(app)
    scan = next(str(one.key) for one in app.text_input if str(one.key).startswith("note-"))
    app.button(key=f"label-{scan.removeprefix('note-')}-brain").click().run()
    assert "**4 scans** left · you: 1 of 2" in words(app)


def test_the_filter_is_read_at_once(open_app: OpenApp, workbench: Workbench) -> None:
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Queues"
    app.run()
    app.button(key="queue-read-now").click().run()
    assert not app.exception
    assert app.title[0].value == "Review"
    assert "**5 scans** left" in words(app)


def test_all_scans_can_be_read_each_unlike_those_before(
    open_app: OpenApp, workbench: Workbench
) -> None:
    app = open_app("review")
    assert "**5 scans** without a label" in words(app)
    queue = app.selectbox(key="review-queue")
    queue.select("All, each unlike those before").run()
    assert not app.exception
    assert "**5 scans** left" in words(app)
    assert "4 of the next 4 scans are not on the map yet" in words(app)
