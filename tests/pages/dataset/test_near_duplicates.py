import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from fetal.store.tables import Lookalike, PendingComparison
from fetal.workbench import Workbench
from fetal.workbench.annotations.review import annotate
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.near_duplicates import decisions
from pages.parts.app import app_state
from tests.pages.conftest import OpenApp
from tests.pages.test_pages import words
from tests.support.drawn import file
from tests.workbench.near_duplicates.test_detect_pairs import brighter


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    """The tab, with a scan and a copy of it under another patient and another label."""
    app = open_app("dataset")
    workbench = app_state.workbench()
    for incoming, patient, label in ((file(1), "4711", "brain"), (brighter(1), "4712", "femur")):
        [taken] = add_scans(workbench, [incoming], who="Ann", patient=patient)
        assert taken.scan_id is not None
        annotate(workbench, taken.scan_id, label, "Ann")
    app.session_state["dataset-tab"] = "Look-alikes"
    return app.run()


def standing(workbench: Workbench) -> list[tuple[str | None, str | None]]:
    return [(pair.decision, pair.who) for pair in decisions.list_pairs(workbench)]


def test_a_pair_is_shown_decided_on_and_taken_back(app: AppTest) -> None:
    assert "1 look-alike to decide on" in words(app)
    assert "Their labels differ." in words(app)
    app.button(key="together-2-1").click().run()
    assert standing(app_state.workbench()) == [("together", "Anna Meyer")]
    assert "to decide on" not in words(app)
    app.segmented_control(key="lookalike-which").set_value("Decided").run()
    assert "One patient: kept together." in words(app)
    app.button(key="back-2-1").click().run()
    assert standing(app_state.workbench()) == [(None, None)]
    assert not app.exception


def test_a_label_is_put_right_beside_the_look_alike(app: AppTest) -> None:
    app.button(key="open-2-1-2").click().run()
    assert "**History**" in words(app)
    app.button(key="label-2-brain").click().run()
    assert scans.scan(app_state.workbench(), 2).label == "brain"
    assert not app.exception


def test_a_copy_is_left_out_by_the_button_under_it(app: AppTest) -> None:
    app.button(key="copy-2-1-2").click().run()
    [pair] = decisions.list_pairs(app_state.workbench())
    assert (pair.decision, pair.left_out) == ("copy", 2)


def test_all_scans_are_compared_again_when_asked(app: AppTest) -> None:
    app.button(key="lookalike-search").click().run()
    [work] = app_state.works().values()
    work.wait(60)
    app.run()
    assert "Found 0 new pairs." in words(app)
    assert not app.exception


def test_scans_that_wait_are_compared_when_asked(app: AppTest) -> None:
    with app_state.workbench().store.session() as session:
        session.execute(delete(Lookalike))
        session.add(PendingComparison(scan_id=2))
    app.run()
    assert "1 scan is not compared yet." in words(app)
    app.button(key="lookalike-rest").click().run()
    [work] = app_state.works().values()
    work.wait(60)
    app.run()
    assert "Found 1 new pair." in words(app)
    assert "not compared yet" not in words(app)


def test_what_another_person_decided_is_not_taken_back_but_decided_otherwise(app: AppTest) -> None:
    decisions.decide(app_state.workbench(), (2, 1), "together", "Berta")
    app.session_state["lookalike-which"] = "Decided"
    app.run()
    assert "back-2-1" not in [button.key for button in app.button]
    app.button(key="different-2-1").click().run()
    assert standing(app_state.workbench()) == [("different", "Anna Meyer")]
    assert "back-2-1" in [button.key for button in app.button]
