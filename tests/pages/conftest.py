import sys
from pathlib import Path
from typing import Protocol

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from tests.support.begun import begin
from tests.support.tiny_model import tiny_model

ROOT = Path(__file__).parents[2]


class OpenApp(Protocol):
    """Opens a page of the app as somebody who gave a name."""

    def __call__(self, page: str, who: str = "Anna Meyer") -> AppTest: ...


def elements(app: AppTest, *kinds: str) -> list[Element]:
    """All elements of a page that are of some kinds, one kind after the other."""
    found = []
    for kind in kinds:
        for node in app.get(kind):
            assert isinstance(node, Element)
            found.append(node)
    return found


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty workspace, with a model that is quick to load."""
    monkeypatch.setenv("FETAL_WORKSPACE", str(begin(tmp_path / "workspace")))
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest leaves the app as `__main__`; processes that later tests spawn would run it."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def opened_anew() -> None:
    """What a test before left open in this process is of another workspace."""
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> OpenApp:
    """Opens a page of the app as somebody who gave a name."""
    monkeypatch.syspath_prepend(str(ROOT))
    # The test runs a page once, and would see what it shows while something is computed.
    monkeypatch.setattr("pages.parts.app.beside.SECONDS", 60)

    def opener(page: str, who: str = "Anna Meyer") -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        app.run()
        # A workspace that cannot be used is told before anybody is asked for a name.
        if who and not app.error:
            app.text_input(key="name").input(who)
            app.button(key="begin").click().run()
        return app.switch_page(f"pages/{page}.py").run() if page != "scans" else app

    return opener
