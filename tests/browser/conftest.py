"""A Chromium, the app as `fetal serve` starts it, and labelled scans to work with."""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.labelled import Labelled, phantoms, real
from tests.browser.reviewing import Kept, fill
from tests.support.begun import begin
from tests.support.listening import answers, free_port
from tests.support.tiny_model import tiny_model
from tests.support.waiting import until

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


LATE = ("TimeoutError", "waited .* in vain", "Locator expected")
"""How a test ends that waited too long."""

REPORT = pytest.StashKey[pytest.TestReport]()
"""What became of a test, for the fixtures that take down what it used."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try once more what waited in vain: on a busy machine Chromium may stand still for seconds.

    The run still names each such test (“R”), and a wrong answer is never asked for twice.
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=LATE))


@pytest.fixture(scope="session")
def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium here: run .ci/chromium, or install one, to have the browser tests")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all tests; what a test does in it, another one does not see."""
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page without cookies; a test that fails leaves a screenshot in its folder."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    opened = context.new_page()
    yield opened
    report = request.node.stash.get(REPORT, None)
    if report is not None and report.failed:
        picture = tmp_path / "failure.png"
        opened.screenshot(path=picture, full_page=True)
        report.sections.append(("Screenshot", str(picture)))
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[REPORT] = report
    return report


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of the app and its worker, on an empty workspace; no scan has to wait."""
    begin(tmp_path / "workspace")
    with serving(tmp_path, FETAL_UNSURE="keep") as address:
        yield address


@pytest.fixture
def served_alone(tmp_path: Path) -> Iterator[str]:
    """The same without a worker, which what no training and no promotion follows does without."""
    begin(tmp_path / "workspace")
    with serving(tmp_path, "--no-worker", FETAL_UNSURE="keep") as address:
        yield address


@pytest.fixture
def served_as_it_comes(tmp_path: Path) -> Iterator[str]:
    """The app on an empty workspace without any setting, and without a worker."""
    with serving(tmp_path, "--no-worker") as address:
        yield address


@pytest.fixture
def many_phantoms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The app with more scans to label than a test gets through, and a model that is quick."""
    with serving_phantoms(tmp_path, monkeypatch, 110) as address:
        yield address


@pytest.fixture
def few_phantoms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The same with fewer scans."""
    with serving_phantoms(tmp_path, monkeypatch, 18) as address:
        yield address


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """What the served workspace keeps."""
    return Kept(tmp_path / "workspace")


@functools.cache
def filled(count: int) -> Path:
    """A workspace with so many simulated scans, written once; for copies."""
    place = tempfile.TemporaryDirectory()
    atexit.register(place.cleanup)
    workspace = Path(place.name) / "workspace"
    fill(workspace, count)
    return workspace


@contextmanager
def serving_phantoms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> Iterator[str]:
    """Start the app with simulated scans and a tiny model, and without a worker."""
    settings = {"FETAL_UNSURE": "keep", "FETAL_MODEL": str(tiny_model().folder)}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(filled(count), tmp_path / "workspace")
    with serving(tmp_path, "--no-worker", **settings) as address:
        yield address


@contextmanager
def serving(tmp_path: Path, *options: str, **settings: str) -> Iterator[str]:
    """Start the app, and end it."""
    port = free_port()
    log = (tmp_path / "serve.log").open("wb")
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("fetal")), "serve", "--port", str(port), *options],
        env=os.environ | {"FETAL_WORKSPACE": str(tmp_path / "workspace")} | settings,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    until(lambda: answers(f"{address}/_stcore/health"), 60)
    yield address
    process.terminate()
    process.wait(60)
    log.close()


@pytest.fixture
def labelled(tmp_path: Path, request: pytest.FixtureRequest) -> Labelled:
    """Real scans that the shipped model has not learnt from; phantoms where there are none."""
    try:
        collection = request.getfixturevalue("real_scans")
    except pytest.skip.Exception:
        return phantoms(tmp_path / "images")
    return real(tmp_path / "labels.csv", collection)
