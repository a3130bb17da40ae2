"""The list of likely mistakes: asked for on the page, worked through on the page."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from fetal.store.states import CheckKind
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.annotations import history, review
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.label_quality import check_requests, suspects
from tests.pages.conftest import OpenApp
from tests.support.labelling import drop_of, label_scans


@pytest.fixture
def workbench() -> Iterator[Workbench]:
    workbench = open_workbench()
    label_scans(workbench)
    yield workbench
    workbench.close()


def labels(open_app: OpenApp) -> AppTest:
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Labels"
    return app.run()


def test_one_click_asks_for_a_check_that_a_worker_does(
    open_app: OpenApp, workbench: Workbench
) -> None:
    app = labels(open_app)
    app.button(key="check-mistakes").click().run()
    waiting = check_requests.newest_check(workbench, CheckKind.MISTAKES)
    assert waiting is not None
    assert (waiting.is_active, waiting.who) == (True, "Anna Meyer")
    app.button(key="stop-check-mistakes").click().run()
    assert not check_requests.check(workbench, waiting.id).is_active


def test_a_person_keeps_one_label_and_changes_another(
    open_app: OpenApp, workbench: Workbench
) -> None:
    done = check_requests.check_now(workbench, CheckKind.MISTAKES, "Ben")
    kept, changed = suspects.suspects(workbench, done.id, most=2)
    app = labels(open_app)
    app.button(key=f"suspect-keep-{kept.scan.id}").click().run()
    app.button(key=f"suspect-change-{changed.scan.id}").click().run()
    assert not app.exception
    said = [history.history(workbench, one.scan.id)[0] for one in (kept, changed)]
    assert [one.label for one in said] == [kept.label.value, changed.opinion.value]
    assert {one.who for one in said} == {"Anna Meyer"}
    app.button(key=f"suspect-undo-{changed.scan.id}").click().run()
    assert app.button(key=f"suspect-change-{changed.scan.id}")
    assert kept.scan.id not in suspects.waiting_scans(workbench, done.id)


def test_the_page_shows_what_to_label_next_and_what_it_would_bring(
    open_app: OpenApp, workbench: Workbench
) -> None:
    taken = [
        add_scans(workbench, drop_of(patient), who="Ann")[place].scan_id
        for patient in (90, 91)
        for place in range(3)
    ]
    for number in taken[:4]:
        assert number is not None
        review.annotate(workbench, number, "brain", "Ben")
    check_requests.check_now(workbench, CheckKind.NEXT, "Ben")
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Labels"
    app.session_state["label-check-kind"] = CheckKind.NEXT
    app.run()
    assert not app.exception
    assert "**2 scans** of the list" in " ".join(one.value for one in app.markdown)
    [table] = [one.value for one in app.dataframe if "More labels" in one.value]
    assert list(table["More labels"]) == [25, 50, 100, 200]


def test_the_map_shows_all_scans_and_says_which_are_missing(
    open_app: OpenApp, workbench: Workbench
) -> None:
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Map"
    app.run()
    assert not app.exception
    assert "36 scans are not on the map yet." in [one.value for one in app.caption]
    check_requests.check_now(workbench, CheckKind.FEATURES, "Ben")
    app.run()
    assert not app.exception
    assert not [one for one in app.info if "No scan is on the map" in one.value]
