"""What the tests of the Review page share: scans to label, what was kept, what was pressed."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

from fetal.phantom import simulate
from fetal.planes import FETAL_PLANES
from fetal.scans import encode_png
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.ingest.upload import UploadedFile, add_scans

_WATCH = """
window.pressed = [];
window.addEventListener("keydown", event => {
    const picture = document.querySelector("[class*=st-key-review-scan-] .layers img");
    window.pressed.push({scan: Number(picture?.dataset.scan ?? 0), key: event.key});
}, true);
"""
_DRAWN = """() => {
    const place = document.querySelector("[class*=st-key-review-scan-]");
    const picture = place?.querySelector("img");
    const there = picture?.complete && picture.naturalWidth > 0;
    return there ? Number(/review-scan-(\\d+)/.exec(place.className)[1]) : null;
}"""


@dataclass(frozen=True)
class Press:
    """A key, and the scan that was on the screen when it was pressed."""

    scan: int
    key: str


@dataclass(frozen=True)
class Kept:
    """What the workspace keeps, read from its database beside the running app."""

    workspace: Path

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.workspace / "fetal.db")) as database:
            return database.execute(query).fetchall()

    def labels(self) -> list[tuple[int, str]]:
        """Each label's scan and plane, in the order of their coming."""
        rows = self.rows("SELECT scan_id, label FROM annotation WHERE kind != 'note' ORDER BY id")
        return [(int(str(scan)), str(label)) for scan, label in rows]

    def notes(self) -> dict[int, str]:
        """The note that each scan has now."""
        rows = self.rows("SELECT scan_id, note FROM annotation ORDER BY id")
        return {int(str(scan)): str(note) for scan, note in rows}


def fill(workspace: Path, count: int) -> None:
    """Store simulated scans in a workspace; small ones, since their patients alone matter."""
    workbench = open_workbench(Workspace.at(workspace))
    files = []
    for number in range(count):
        plane = FETAL_PLANES[number % len(FETAL_PLANES)]
        pixels = simulate(plane, seed=number, size=(220, 300)).pixels
        files.append(UploadedFile(f"Patient{number:05}_1.png", encode_png(pixels)))
    add_scans(workbench, files, who="Somebody")
    workbench.close()


def watch_keys(page: Page) -> None:
    """Note every key, and what is on the screen, before the page itself hears of it."""
    page.add_init_script(_WATCH)


def pressed(page: Page) -> list[Press]:
    """All keys so far."""
    return [Press(**one) for one in page.evaluate("window.pressed")]


def enter_review(page: Page, address: str, name: str = "Anna Meyer") -> int:
    """Open the Review page as somebody; returns the number of the scan that is shown."""
    page.goto(f"{address}/review")
    page.get_by_role("textbox", name="Your name").fill(name)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("button", name="All keys")).to_be_visible()
    return shown(page)


def shown(page: Page, other_than: int | None = None) -> int:
    """The number of the scan on the screen, once its picture is there and keys count for it."""
    drawn = page.wait_for_function(
        f"other => {{ const scan = ({_DRAWN})(); return scan !== other && scan; }}",
        arg=other_than,
    )
    scan = int(drawn.json_value())
    expect(page.locator(f".about[data-scan='{scan}']")).to_be_visible()
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    return scan


MEASURE = """() => {
    const box = (one) => {
        const { x, y, width, height } = one.getBoundingClientRect();
        return [x, y, width, height].map(Math.round);
    };
    const buttons = [...document.querySelectorAll(".stMainBlockContainer button")];
    const below = buttons.filter(one => one.offsetParent && !one.closest(".st-key-footer")
        && one.getBoundingClientRect().bottom > innerHeight);
    return {
        scan: box(document.querySelector("[class*=st-key-review-scan-] img")),
        accept: box(document.querySelector("[class*=st-key-accept-] button")),
        below: below.map(one => one.textContent),
    };
}"""


class HeldBack:
    """What goes between a page and its server, kept back while a test asks for it.

    Args:
        page: the page, before it is opened.
    """

    def __init__(self, page: Page) -> None:
        self._back: list[Callable[[], None]] = []
        self.questions = self.answers = False
        page.route_web_socket(re.compile("/_stcore/stream"), self._between)

    def let_go(self) -> None:
        """Send what was kept back, in its order, and keep nothing back any more."""
        self.questions = self.answers = False
        for send in self._back:
            send()
        self._back.clear()

    def _between(self, page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()

        def asked(message: str | bytes) -> None:
            self._pass(self.questions, lambda: server_side.send(message))

        def answered(message: str | bytes) -> None:
            self._pass(self.answers, lambda: page_side.send(message))

        page_side.on_message(asked)
        server_side.on_message(answered)

    def _pass(self, kept: bool, send: Callable[[], None]) -> None:
        if kept:
            self._back.append(send)
        else:
            send()


def measured(page: Page, width: int, height: int) -> dict[str, list[Any]]:
    """Where the scan and the button to accept are, and which buttons only scrolling shows."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("width => innerWidth === width", arg=width)
    found: dict[str, list[Any]] = page.evaluate(MEASURE)
    return found
