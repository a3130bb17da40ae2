from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from fetal.workbench import views
from pages.parts import desk
from tests.pages.test_pages import words
from tests.workbench.drawn import file, unsure

OpenApp = Callable[..., AppTest]


def folder(tmp_path: Path) -> Path:
    """Two scans with a table whose headers say nothing, a scan that is broken and one not there."""
    place = tmp_path / "scans"
    place.mkdir()
    for seed in range(2):
        (place / f"{seed}.png").write_bytes(file(seed).data)
    (place / "bad.png").write_text("no picture")
    (place / "labels.csv").write_text(
        "FILE,LABEL,CODE,Train\n0.png,brain,femur,1\n1.png,brain,abdomen,0\nbad.png,brain,femur,1\n"
        "gone.png,,,1\n"
    )
    return place


def looked_at(open_app: OpenApp, place: Path) -> AppTest:
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Import"
    app.run()
    app.text_input(key="import-images").input(str(place))
    return app.button(key="import-look").click().run()


def finished(app: AppTest) -> AppTest:
    [work] = desk.works().values()
    work._thread.join(60)
    return app.run()


def test_an_import_is_shown_before_it_begins_and_told_file_by_file_after(
    open_app: OpenApp, tmp_path: Path
) -> None:
    app = looked_at(open_app, folder(tmp_path))
    assert not app.exception
    assert "Found a table of labels: 3 scans" in words(app)
    assert "keeps **1 scan** out of training" in words(app)
    assert app.selectbox(key="import-column-plane").value == "LABEL"
    app = finished(app.button(key="import-dry").click().run())
    assert "2 scans would be added, 0 are here already, 1 would be refused." in app.info[0].value
    app.selectbox(key="import-column-plane").select("CODE").run()
    app = finished(app.button(key="import-go").click().run())
    assert "2 scans added, 0 already here, 2 labels added." in app.success[0].value
    assert "1 listed image is not there" in [one.label for one in app.expander]
    report = next(iter(desk.works().values())).result
    assert report.per_plane() == {"femur": 1, "abdomen": 1}


def test_scans_on_which_a_name_may_be_left_wait_with_their_labels(
    open_app: OpenApp, tmp_path: Path
) -> None:
    place = tmp_path / "brain"
    place.mkdir()
    (place / "glow.png").write_bytes(unsure(1).data)
    app = looked_at(open_app, tmp_path)
    app = finished(app.button(key="import-go").click().run())
    assert not app.exception
    assert "0 scans added" in app.success[0].value
    assert app.warning[0].value.startswith("1 scan waits for you on the Scans page")
    app.switch_page("pages/scans.py").run()
    app.button(key="waiting-keep").click().run()
    assert not app.exception
    [kept] = views.scans(desk.workbench())
    assert (kept.label, kept.label_kind, kept.source) == ("brain", "import", "import")


def test_a_place_that_is_not_there_is_said_and_an_import_can_be_left(
    open_app: OpenApp, tmp_path: Path
) -> None:
    app = looked_at(open_app, tmp_path / "gone")
    assert "There is no folder or archive" in app.error[0].value
    app.text_input(key="import-images").input(str(folder(tmp_path)))
    app.button(key="import-look").click().run()
    app.button(key="import-cancel").click().run()
    assert app.button(key="import-look")
    assert not app.exception
