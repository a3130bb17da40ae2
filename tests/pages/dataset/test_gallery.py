"""Pictures of very many scans: pages are turned, and nothing before a page is read."""

import pytest
from streamlit.testing.v1 import AppTest

from fetal.workbench.catalogue import scans
from pages.parts.app import app_state
from pages.parts.dataset import gallery
from tests.pages.conftest import OpenApp
from tests.support.labelling import labelled_rows


def shown(app: AppTest) -> list[int]:
    """The scans whose pictures are on the page, in their order."""
    keys = [str(one.key) for one in app.button]
    return [int(key.removeprefix("open-")) for key in keys if key.startswith("open-")]


def test_pages_of_very_many_scans_are_turned_and_begin_anew_with_another_filter(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "_PER_PAGE", 2)
    monkeypatch.setattr(gallery, "_NUMBERED", 2)
    app = open_app("dataset")
    labelled_rows(app_state.workbench(), patients=1, each=5)
    newest = [scan.id for scan in scans.scans(app_state.workbench())]
    app.session_state["dataset-tab"] = "Gallery"
    app.run()
    assert shown(app) == newest[:2]
    assert app.button(key="gallery-newer").disabled
    for first in (2, 4):
        app.button(key="gallery-older").click().run()
        assert shown(app) == newest[first : first + 2]
    assert app.button(key="gallery-older").disabled
    app.button(key="gallery-newer").click().run()
    assert shown(app) == newest[2:4]
    app.session_state["filter-reviewed"] = "Given"
    app.run()
    assert shown(app) == newest[:2]
    assert not app.exception
