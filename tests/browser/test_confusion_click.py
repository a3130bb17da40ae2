"""A click on a number of a confusion matrix opens its scans, in a real browser."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Position, expect

from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.models import promotion
from tests.browser.conftest import serving
from tests.browser.test_loop import enter
from tests.support.begun import begin
from tests.support.labelling import add_version, keep_apart, label_scans
from tests.support.tiny_model import tiny_model

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_click_on_a_comparison_leads_to_the_scans_behind_it(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    workbench = open_workbench(Workspace.at(begin(tmp_path / "workspace")))
    label_scans(workbench, patients=4)
    keep_apart(workbench, 4)
    challenger = add_version(workbench, tiny_model(2, "v2"))
    found = promotion.compare(workbench, workbench.champion().version.id, challenger)
    workbench.close()
    matrix = found.second.confusion if found.second else []
    row, column, scans = next(
        (i, j, cell) for i, line in enumerate(matrix) for j, cell in enumerate(line) if cell
    )
    with serving(tmp_path, "--no-worker", FETAL_MODEL=os.environ["FETAL_MODEL"]) as address:
        enter(page, address)
        page.goto(f"{address}/models")
        plot = page.locator(".st-key-confusion-challenger .nsewdrag")
        expect(plot).to_be_visible(timeout=60_000)
        expect(page.locator(".st-key-scores")).to_be_visible()
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        assert box is not None
        at = Position(x=box["width"] * (column + 0.5) / 6, y=box["height"] * (row + 0.5) / 6)
        plot.click(position=at)
        expect(page).to_have_url(re.compile("/review"))
        expect(page.get_by_text(f"{scans} scan")).to_be_visible()
