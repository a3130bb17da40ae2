"""What a person sees of a scan that the model does not know."""

import pytest

from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.ingest.upload import add_scans
from tests.pages.conftest import OpenApp, elements
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model_that_knows_nothing

WORDS = "Not a plane I know: this does not look like the scans I learnt from. Please check."


@pytest.fixture(autouse=True)
def unknown_scan(workspace: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One stored scan, and a model that knows nothing."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model_that_knows_nothing().folder))
    workbench = open_workbench(Workspace.from_environment())
    add_scans(workbench, [file(1)], who="Ann", patient="4711")
    workbench.close()


@pytest.mark.parametrize("page", ["scans", "review"])
def test_no_plane_is_named_and_nothing_hurries_a_person_to_agree(
    open_app: OpenApp, page: str
) -> None:
    app = open_app(page)
    assert not app.exception
    assert WORDS in [warning.value for warning in app.warning]
    [accept] = [button for button in app.button if (button.key or "").startswith("accept-")]
    assert accept.proto.type == "secondary"
    assert not any("probable" in html.value for html in elements(app, "html"))


def test_it_is_found_by_what_the_model_says_of_it(open_app: OpenApp) -> None:
    app = open_app("dataset")
    shown = len(app.dataframe[0].value)
    app.button_group(key="filter-doubts").select("sure").run()
    assert shown == 1
    assert not app.exception
    assert any("No scan fits" in info.value for info in app.info)
    app.button_group(key="filter-doubts").unselect("sure").select("unknown").run()
    [row] = app.dataframe[0].value.to_dict("records")
    assert row["model says"] == "Not a plane I know"
