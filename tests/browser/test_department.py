"""The whole loop in a department: two apps behind nginx, PostgreSQL, an S3 server, a worker.

It needs nginx (`.ci/nginx`), and moto's server with s3fs for the S3 server; without those, both
apps share a folder.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.privacy import erasure
from tests.browser.labelled import Labelled
from tests.browser.test_loop import bring_labels, correct, drop, enter, go_to, promote, retrain
from tests.deployment.department import Department, department, opened_outside
from tests.support.listening import answers
from tests.support.waiting import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed: run .ci/nginx"),
]


@pytest.fixture
def here(tmp_path: Path, labelled: Labelled) -> Iterator[Department]:
    folder = tmp_path / "department"
    folder.mkdir()
    # Behind a proxy, a page may name only the folders of the server that are allowed.
    with department(folder, FETAL_IMPORT_FOLDERS=str(labelled.images)) as running:
        yield running


@pytest.fixture
def outside(here: Department, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Workbench:
    """The workspace as a third process sees it."""
    return opened_outside(here, tmp_path / "outside", monkeypatch)


def test_the_whole_loop_behind_nginx(page: Page, here: Department, labelled: Labelled) -> None:
    enter(page, here.address)
    first, second, later = labelled.files[0], labelled.files[8], labelled.files[16]
    correct(drop(page, first, second).first)
    bring_labels(page, labelled)
    name = retrain(page)
    promote(page, name)
    browser = page.context.browser
    assert browser is not None
    # Both apps predict with the promoted model.
    for port in here.ports.values():
        other = browser.new_context().new_page()
        enter(other, f"http://127.0.0.1:{port}")
        go_to(other, "Models")
        expect(other.locator(".st-key-champion")).to_contain_text(name)
        other.context.close()
    go_to(page, "Scans")
    page.locator("[class*=st-key-drop-] input[type=file]").set_input_files(later)
    expect(page.locator(".st-key-drop-results")).to_contain_text("already there")


def test_a_browser_goes_on_at_the_other_app_when_its_own_is_gone(
    browser: Browser, here: Department, labelled: Labelled
) -> None:
    page = browser.new_context().new_page()
    enter(page, here.address)
    drop(page, labelled.files[0])
    # Whichever app it was: one at a time is gone, and the address goes on.
    for name in list(here.ports):
        here.kill(name)
        until(lambda: answers(f"{here.address}/_stcore/health"), 30)
        fresh = browser.new_context().new_page()
        enter(fresh, here.address)
        go_to(fresh, "Dataset")
        expect(fresh.get_by_text("1 scan").first).to_be_visible()
        fresh.context.close()
        here.start_app(name)


def test_an_erasure_reaches_both_apps_within_a_second(
    page: Page, here: Department, outside: Workbench, labelled: Labelled
) -> None:
    enter(page, here.address)
    drop(page, labelled.files[0])
    [scan] = scans.scans(outside)
    picture = page.locator("[class*=st-key-figure-] img").first.get_attribute("src")
    assert picture
    erasure.erase(outside, scan.patient, "Ben")
    began = time.monotonic()
    until(lambda: _status(page, here.address + picture) == 404, 5)
    assert time.monotonic() - began < 1


def _status(page: Page, address: str) -> int:
    return page.request.get(address).status
