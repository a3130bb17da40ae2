"""What a person sees of the set of planes that a model promises."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from fetal.bundle import Bundle
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.ingest.upload import add_scans
from tests.pages.conftest import OpenApp
from tests.support.drawn import file
from tests.support.tiny_model import (
    tiny_model,
    tiny_model_that_knows_nothing,
    tiny_model_that_promises_sets,
)

SENTENCE = "With 95 %: brain. Too few scans of abdomen or thorax or cervix or other for a promise."


def stored_with(monkeypatch: pytest.MonkeyPatch, model: Bundle) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(model.folder))
    workbench = open_workbench(Workspace.from_environment())
    add_scans(workbench, [file(1)], who="Ann", patient="4711")
    workbench.close()


def captions(app: AppTest) -> list[str]:
    assert not app.exception
    return [caption.value for caption in app.caption]


@pytest.mark.parametrize("page", ["scans", "review"])
def test_a_doubtful_scan_shows_it_in_one_sentence(
    workspace: None, monkeypatch: pytest.MonkeyPatch, open_app: OpenApp, page: str
) -> None:
    stored_with(monkeypatch, tiny_model_that_promises_sets())
    assert SENTENCE in captions(open_app(page))


@pytest.mark.parametrize("model", [tiny_model, tiny_model_that_knows_nothing])
def test_no_sentence_without_a_promise_or_of_a_scan_that_is_unknown(
    workspace: None,
    monkeypatch: pytest.MonkeyPatch,
    open_app: OpenApp,
    model: Callable[[], Bundle],
) -> None:
    stored_with(monkeypatch, model())
    assert not [text for text in captions(open_app("review")) if text.startswith("With 95 %")]
