from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from fetal.workbench.catalogue import scans
from pages.parts.app import app_state
from pages.parts.dataset.importing import used_alone
from tests.pages.conftest import OpenApp
from tests.pages.test_pages import words
from tests.support.drawn import file, unsure


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
    [work] = app_state.works().values()
    work.wait(60)
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
    report = next(iter(app_state.works().values())).result
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
    [kept] = scans.scans(app_state.workbench())
    assert (kept.label, kept.label_kind, kept.source) == ("brain", "import", "import")


def test_beyond_this_computer_no_folder_can_be_named_unless_it_is_allowed(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(tmp_path)
    monkeypatch.setattr("pages.parts.dataset.importing.used_alone", lambda: False)
    app = looked_at(open_app, place)
    assert "Folders of the server cannot be named here" in app.error[0].value
    monkeypatch.setenv("FETAL_IMPORT_FOLDERS", str(tmp_path))
    app.text_input(key="import-images").input(str(place))
    app.button(key="import-look").click().run()
    assert "Found a table of labels: 3 scans" in words(app)


@pytest.mark.parametrize(
    ("address", "hosts", "headers", "alone"),
    [
        ("127.0.0.1", [], {}, True),
        ("127.0.0.1", ["localhost", "127.0.0.1", "::1"], {}, True),
        ("0.0.0.0", [], {}, False),
        (None, [], {}, False),
        ("127.0.0.1", ["localhost", "scans.clinic.example"], {}, False),
        ("127.0.0.1", [], {"X-Forwarded-For": "10.0.0.7"}, False),
    ],
)
def test_a_proxy_or_another_name_means_that_others_reach_the_app(
    monkeypatch: pytest.MonkeyPatch,
    address: str | None,
    hosts: list[str],
    headers: dict[str, str],
    alone: bool,
) -> None:
    options = {"server.address": address, "server.allowedHosts": hosts}
    monkeypatch.setattr("pages.parts.dataset.importing.st.get_option", options.get)
    monkeypatch.setattr(
        "pages.parts.dataset.importing.st.context", SimpleNamespace(headers=headers)
    )
    assert used_alone() is alone


def test_what_is_not_read_of_a_table_is_said_before_and_after(
    open_app: OpenApp, tmp_path: Path
) -> None:
    place = folder(tmp_path)
    (place / "labels.csv").write_text("image,plane,fold\n0.png,brain,3\n1.png,femur,4\n")
    app = looked_at(open_app, place)
    told = [one.value for one in app.warning]
    assert any("The column “fold” is not read" in one for one in told)
    assert any("No column with the patient was found" in one for one in told)
    app = finished(app.button(key="import-go").click().run())
    assert any("The column “fold” is not read" in one.value for one in app.warning)


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
