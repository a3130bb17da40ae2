"""A damaged picture takes no page down: its sentence stands in its place."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.scans import ScanView
from fetal.workbench.ingest import upload
from pages.parts.app import app_state
from tests.pages.conftest import OpenApp
from tests.support.drawn import file

SENTENCE = "missing or damaged"


@pytest.fixture
def damaged(open_app: OpenApp) -> ScanView:
    """Two scans, of which the one to review first is damaged."""
    files = [file(1), file(2)]
    upload.add_scans(app_state.workbench(), files, who="Ann", patient="4711")
    first, *_ = scans.scans(app_state.workbench(), scans.ScanFilter(order="doubt"))
    place = Path(app_state.workbench().workspace.folder) / "blobs/scans" / picture(first)
    place.write_bytes(place.read_bytes()[:100])
    return first


def picture(scan: ScanView) -> str:
    [found] = [
        key
        for key in app_state.workbench().blobs.keys("scans")
        if Path(key).stem.startswith(scan.name.removeprefix("S-"))
    ]
    return found.removeprefix("scans/")


def sentences(app: AppTest) -> list[str]:
    shown = [*app.warning, *app.caption]
    return [one.value for one in shown if SENTENCE in one.value]


def test_review_says_so_and_goes_on_with_the_next_scan(
    open_app: OpenApp, damaged: ScanView
) -> None:
    app = open_app("review")
    assert not app.exception
    assert damaged.name in sentences(app)[0]
    app.button(key="skip").click().run()
    assert not app.exception
    assert sentences(app) == []


def test_the_gallery_shows_the_other_scans(open_app: OpenApp, damaged: ScanView) -> None:
    app = open_app("dataset")
    app.session_state["dataset-tab"] = "Gallery"
    app.run()
    assert not app.exception
    assert len(sentences(app)) == 1


def test_a_champion_whose_files_are_damaged_takes_no_page_down(
    open_app: OpenApp, damaged: ScanView, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Nobody has the model at hand to store it again.
    monkeypatch.setenv("FETAL_MODEL", str(tmp_path))
    shutil.rmtree(app_state.workbench().workspace.folder / "blobs" / "models")
    for page in ("scans", "review", "models"):
        app = open_app(page)
        assert not app.exception, page
