"""What a person sees of the second reader of a model."""

import pytest

from fetal.bundle import Bundle
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.catalogue.scans import scan
from fetal.workbench.ingest.upload import add_scans
from tests.pages.conftest import OpenApp
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model
from tests.support.tiny_second_reader import ALWAYS, NEVER, tiny_model_with_second_reader


def stored_with(monkeypatch: pytest.MonkeyPatch, model: Bundle) -> str:
    """Store a scan; returns what the second reader says of it."""
    monkeypatch.setenv("FETAL_MODEL", str(model.folder))
    workbench = open_workbench(Workspace.from_environment())
    [taken] = add_scans(workbench, [file(1)], who="Ann", patient="4711")
    assert taken.scan_id is not None
    said = scan(workbench, taken.scan_id).second_opinion
    workbench.close()
    return "" if said is None else said.words


@pytest.mark.parametrize("page", ["scans", "review"])
def test_a_disagreement_is_a_doubt_and_both_opinions_are_shown(
    workspace: None, monkeypatch: pytest.MonkeyPatch, open_app: OpenApp, page: str
) -> None:
    said = stored_with(monkeypatch, tiny_model_with_second_reader(NEVER))
    app = open_app(page)
    assert not app.exception
    [warning] = [one.value for one in app.warning if "readers" in one.value]
    assert warning.endswith("Please check.")
    assert f"Second reader: {said}" in [one.value for one in app.caption]


def test_an_agreement_is_one_small_line(
    workspace: None, monkeypatch: pytest.MonkeyPatch, open_app: OpenApp
) -> None:
    said = stored_with(monkeypatch, tiny_model_with_second_reader(ALWAYS))
    app = open_app("review")
    assert f"Second reader: {said}" in [one.value for one in app.caption]
    assert not [one.value for one in app.warning if "reader" in one.value]


def test_of_a_model_with_one_reader_nothing_is_said_of_a_second(
    workspace: None, monkeypatch: pytest.MonkeyPatch, open_app: OpenApp
) -> None:
    assert stored_with(monkeypatch, tiny_model()) == ""
    assert not [one.value for one in open_app("review").caption if "reader" in one.value]
