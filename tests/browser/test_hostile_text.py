"""What people and files wrote is text on every page: nothing is fetched, nothing is drawn."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, FilePayload, Page, Request, expect

from tests.browser.conftest import serving
from tests.browser.hostile_workspace import fill, hostile_model
from tests.support.drawn import unsure
from tests.support.hostile import ALL, MARK, NAME, TEXTS
from tests.support.waiting import until

pytestmark = pytest.mark.browser

FILE = f"{MARK} ![p](x.png) <img src=x onerror=alert(1)> **b** :smile: $x^2$"
"""A file's name cannot hold a slash."""

FOLDER = str(Path(f"/{NAME}"))
"""Of slashes that follow each other, a path keeps one."""

COLUMN = f"{MARK} [c](x) <b>d</b>"

LEAVES = """mark => {
    const says = element => (element.innerText || '').includes(mark);
    return [...document.querySelectorAll('body *')]
        .filter(element => says(element) && ![...element.children].some(says))
        .filter(element => !['STYLE', 'SCRIPT', 'TEXTAREA'].includes(element.tagName))
        // The name of a file to upload is cut in the middle.
        .filter(element => !element.closest('[data-testid=stFileUploader]'))
        .map(element => element.innerText.replaceAll('\\u2060', '').replace(/\\s+/g, ' '));
}"""

DRAWN = (
    "img[src*='198.51.100.7'], a[href*='198.51.100.7'], a[href*='example.org'], "
    "a[href^='mailto:'], a[href^='javascript:'], .katex, img[src='x'], [onerror]"
)


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an app on such a workspace, without a worker."""
    model = str(hostile_model(1, NAME).folder)
    monkeypatch.setenv("FETAL_MODEL", model)
    fill(tmp_path / "workspace")
    with serving(tmp_path, "--no-worker", FETAL_MODEL=model) as address:
        yield address


class Watcher:
    """Looks at a page and at what leaves it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.left: list[str] = []
        self.complaints: list[str] = []
        own = (address, address.replace("http", "ws", 1), "data:", "blob:")

        def on_request(one: Request) -> None:
            if not one.url.startswith(own):
                self.left.append(one.url)

        def on_console(one: ConsoleMessage) -> None:
            if one.type == "error":
                self.complain(one.text)

        page.on("request", on_request)
        page.on("console", on_console)
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    def complain(self, text: str) -> None:
        """Keep what the browser complains of.

        Not that a picture of the app is gone: where the page was drawn again before a busy browser
        asked for it, Streamlit has another one there by then.
        """
        if not re.match(r"Failed to load resource: .* 404 |Client Error: Image source", text):
            self.complaints.append(text)

    def settle(self) -> None:
        """Wait until Streamlit has drawn everything."""
        self.page.wait_for_function(
            "() => document.querySelector('[data-test-script-state=notRunning]') && "
            "!document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')"
        )

    def check(self, where: str, at_least: int = 1, *, opened: bool = False) -> None:
        """Every text that holds the mark stands there as it was written.

        Args:
            where: what is looked at, for the message.
            at_least: how many such texts there are.
            opened: open every expander; one that is drawn late is opened as well.
        """
        enough = f"([mark, most]) => ({LEAVES})(mark).length >= most"

        def drawn() -> bool:
            if opened:
                self.open_all()
            self.settle()
            return bool(self.page.evaluate(enough, [MARK, at_least]))

        until(drawn, 60)
        leaves = self.page.evaluate(LEAVES, MARK)
        whole = [" ".join(one.split()) for one in (*TEXTS, NAME, NAME[:64], FILE, FOLDER, COLUMN)]
        for leaf in leaves:
            assert any(text in leaf for text in whole), f"{where}: {leaf[:400]}"
        found = self.page.locator(DRAWN)
        assert found.count() == 0, f"{where}: {found.first.evaluate('e => e.outerHTML')}"
        assert self.left == [], where
        assert self.complaints == [], where

    def go_to(self, name: str) -> None:
        self.page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
        expect(self.page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        self.settle()

    def open_all(self) -> None:
        """Open every expander."""
        for _ in range(40):
            closed = self.page.locator("details:not([open]) > summary")
            if closed.count() == 0:
                return
            closed.first.click()
            self.settle()


def test_nothing_that_people_or_files_wrote_is_fetched_or_drawn(page: Page, hostile: str) -> None:
    watch = Watcher(page, hostile)
    page.goto(f"{hostile}/?who={NAME}")
    page.get_by_role("textbox", name="Your name").fill(NAME)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Scans", exact=True)).to_be_visible()
    assert "who" not in page.url
    watch.check("the Scans page")

    scans(page, watch)
    review(page, watch)
    dataset(page, watch)
    train(page, watch)
    models(page, watch)


def scans(page: Page, watch: Watcher) -> None:
    page.locator("[class*=st-key-drop-] input[type=file]").set_input_files(
        [
            FilePayload(name=f"{FILE}.png", mimeType="image/png", buffer=b"no picture"),
            FilePayload(name=f"{FILE} 2.png", mimeType="image/png", buffer=unsure(7).data),
        ]
    )
    patient = page.locator(".st-key-patient-of-drop input")
    patient.fill(NAME)
    page.locator(".st-key-add-scans button").click()
    expect(page.locator(".st-key-drop-results")).to_contain_text("1 file refused", timeout=60_000)
    watch.check("what became of the files", 2, opened=True)
    page.locator(".st-key-waiting-keep button").click()
    expect(page.locator(".st-key-drop-results")).to_contain_text("1 scan added")
    watch.check("the card of a kept scan", opened=True)


def review(page: Page, watch: Watcher) -> None:
    watch.go_to("Review")
    done = page.get_by_text(re.compile(r"^Done today: \d+ entr"))
    before = done.inner_text()
    note = page.get_by_role("textbox", name="Note")
    note.fill(" ".join(ALL.split())[:1900])
    note.press("Tab")
    expect(done).not_to_have_text(before)
    done.click()
    expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
    watch.check("what was done today", 3)
    page.keyboard.press("Escape")


def dataset(page: Page, watch: Watcher) -> None:
    watch.go_to("Dataset")
    watch.check("the table")
    page.get_by_role("tab", name="Gallery").click()
    watch.settle()
    page.locator("[class*=st-key-open-] button").nth(2).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    watch.check("a scan of the gallery", 2)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Counts").click()
    watch.check("the counts")
    page.get_by_role("tab", name="Look-alikes").click()
    watch.settle()
    decided = page.get_by_role("button", name="Decided", exact=True)
    decided.or_(page.get_by_role("radio", name="Decided", exact=True)).first.click()
    watch.check("look-alikes")
    imports(page, watch)
    page.get_by_role("tab", name="Export").click()
    watch.check("the export")


def imports(page: Page, watch: Watcher) -> None:
    page.get_by_role("tab", name="Import").click()
    expect(page.locator(".st-key-import-look")).to_be_visible()
    watch.settle()
    cell = FILE.replace('"', "'")
    table = f'image,plane,"{COLUMN}"\n"{cell}.png","{cell}","{NAME}"\n"{cell} 3.png",brain,"x"\n'
    page.locator(".st-key-import-csv input[type=file]").set_input_files(
        {"name": f"{FILE}.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    uploaded(page, "import-csv")
    page.locator(".st-key-import-look button").click()
    expect(page.locator(".st-key-import-preview")).to_be_visible()
    watch.check("the preview of an import", 2, opened=True)
    page.locator(".st-key-import-column-patient input").click()
    watch.check("the columns to choose from", 3)
    page.keyboard.press("Escape")
    page.locator(".st-key-import-cancel button").click()
    watch.settle()
    page.locator(".st-key-import-images input").fill(f"/{NAME}")
    page.locator(".st-key-import-look button").click()
    expect(page.get_by_text("There is no folder or archive")).to_be_visible()
    watch.check("a folder that is not there")


def uploaded(page: Page, key: str) -> None:
    """Wait until a file has arrived."""
    size = page.locator(f".st-key-{key}").get_by_text(re.compile(r"^[\d.]+ ?K?B$"))
    expect(size).to_be_visible()


def train(page: Page, watch: Watcher) -> None:
    watch.go_to("Train")
    watch.check("the trainings", 8, opened=True)
    page.locator(".st-key-other label").first.click()
    watch.settle()
    page.get_by_text("A settings file", exact=True).click()
    page.locator(".st-key-settings-file input[type=file]").set_input_files(
        {
            "name": "settings.yaml",
            "mimeType": "application/yaml",
            "buffer": f'"{COLUMN}": "{COLUMN}"\n'.encode(),
        }
    )
    uploaded(page, "settings-file")
    watch.check("a settings file", 8)


def models(page: Page, watch: Watcher) -> None:
    watch.go_to("Models")
    expect(page.locator(".st-key-figures-challenger")).to_be_visible(timeout=120_000)
    watch.check("the versions and their cards", 10, opened=True)
    page.locator("[class*=st-key-evaluate-] button").first.click()
    expect(page.get_by_text(re.compile("The worst errors"))).to_be_visible(timeout=120_000)
    watch.check("an evaluation", 10)
    page.locator(".st-key-promote button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    watch.check("a promotion", 10)
