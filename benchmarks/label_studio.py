"""This app beside Label Studio, on the same scans, on the same machine, in one run.

Both are started in turn, each with the same scans to label, and a scripted reader labels in a
Chromium of each: it looks at a scan for a while from its appearance on, then presses its keys as
soon as the page takes them. Blocks of scans alternate between the two, so that what else goes on
disturbs both alike. It prints for each

- start to first scan: from the command that starts the program to the first scan to be labelled on
  the screen, the sign-in included; the database is there from the time before;
- key to next scan: from the last key of a scan until the picture of the next one is on the screen,
  median and 95th percentile; here with its heat map, too, which Label Studio has none of;
- keys a scan, and labels a minute with the time of looking included;
- the size of the picture in a window of 1,440 x 1,000 pixels;
- CPU of the server a scan;
- how many labels its database holds in the end.

Label Studio is installed into an environment of its own at the first run (about 1 GB).

    python benchmarks/label_studio.py [--scans 200] [--blocks 4] [--block 20] [--pause 0.5]
        [--starts 3] [--environment FOLDER]
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from review import WATCH, Server, chromium_in, filled_copy, open_review, press, scans, serving, told
from review_sessions import kept

sys.path.insert(0, str(Path(__file__).parent))
from label_studio_parts import its_reader, its_server
from label_studio_parts.its_reader import TheirReader
from label_studio_parts.its_server import Environment

_WINDOW: ViewportSize = {"width": 1440, "height": 1000}
_OUR_SIZE = """() => {
    const { width, height } = document.querySelector(".layers img").getBoundingClientRect();
    return [width, height];
}"""


@dataclass
class Measured:
    """What was measured of one of the two.

    Attributes:
        name: which.
        starts: seconds of each start to its first scan.
        scan: seconds from the last key of a scan to the picture of the next one.
        heat: the same, to its heat map.
        keys: how many were pressed.
        spent: seconds that all labelling took, looking included.
        cpu: seconds of CPU that the server took meanwhile.
        size: of the picture in pixels.
    """

    name: str
    starts: list[float] = field(default_factory=list)
    scan: list[float] = field(default_factory=list)
    heat: list[float] = field(default_factory=list)
    keys: int = 0
    spent: float = 0.0
    cpu: float = 0.0
    size: tuple[float, float] = (0.0, 0.0)

    def tell(self) -> None:
        """Print it."""
        print(f"{self.name}:")
        count, (width, height) = len(self.scan), self.size
        starts = ", ".join(f"{one:.1f}" for one in self.starts)
        print(f"  start to first scan: {statistics.median(self.starts):.1f} s ({starts})")
        told(self.scan, "  key to next scan")
        if self.heat:
            told(self.heat, "  with its heat map")
        print(
            f"  {self.keys / count:.2f} keys a scan, {60 * count / self.spent:.0f} labels a minute"
        )
        print(f"  picture of {width:.0f} x {height:.0f} pixels on the screen")
        print(f"  CPU of the server a scan: {self.cpu / count:.3f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time this app beside Label Studio.")
    parser.add_argument("--scans", type=int, default=200, help="scans to label in each")
    parser.add_argument("--blocks", type=int, default=4, help="blocks of scans in each, in turn")
    parser.add_argument("--block", type=int, default=20, help="scans in a block")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds of looking at each scan")
    parser.add_argument("--starts", type=int, default=3, help="starts of each that count")
    parser.add_argument(
        "--environment",
        type=Path,
        default=Path(tempfile.gettempdir()) / "label-studio",
        help="where Label Studio is installed and keeps its data",
    )
    asked = parser.parse_args()
    theirs = Environment(asked.environment)
    theirs.install()
    print(f"{os.cpu_count()} CPU cores, load {os.getloadavg()[0]:.1f}, {asked.pause} s a scan")
    with (
        filled_copy(None, asked.scans) as workspace,
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        browser = chromium_in(playwright)
        with theirs.serving() as (_, address):
            project = its_server.new_project(address, files(asked.scans, Path(folder)))
        ours, other = Measured("this app"), Measured(f"Label Studio {theirs.version()}")
        for _ in range(asked.starts - 1):
            with our_app(browser, workspace, ours), label_studio(browser, theirs, project, other):
                pass
        with (
            our_app(browser, workspace, ours) as (server, page),
            label_studio(browser, theirs, project, other) as (their_server, reader),
        ):
            in_turn(ours, server, page, other, their_server, reader, asked)
            given = its_server.labels_of(their_server.address, project)
        browser.close()
        ours.tell()
        print(f"  {len(kept(workspace))} labels kept")
        other.tell()
        print(f"  {given} labels kept")


def in_turn(
    ours: Measured,
    server: Server,
    page: Page,
    other: Measured,
    their_server: Server,
    reader: TheirReader,
    asked: argparse.Namespace,
) -> None:
    """Label blocks of scans in the one and in the other."""
    # The first scans of each load what later ones find.
    for _ in range(3):
        press(page, asked.pause)
        reader.label("1")
    reader.keys = 0
    for _ in range(asked.blocks):
        page.bring_to_front()
        with labelling(ours, server):
            looked = 0.0
            for _ in range(asked.block):
                scan, heat, ready = press(page, max(0.0, asked.pause - looked))
                looked = ready - scan
                ours.scan.append(scan)
                ours.heat.append(heat)
                ours.keys += 1
        reader.page.bring_to_front()
        with labelling(other, their_server):
            looked = 0.0
            for _ in range(asked.block):
                reader.page.wait_for_timeout(1000 * max(0.0, asked.pause - looked))
                scan, ready = reader.label("1")
                looked = ready - scan
                other.scan.append(scan)
    other.keys = reader.keys
    width, height = page.evaluate(_OUR_SIZE)
    ours.size, other.size = (width, height), reader.size()


@contextmanager
def labelling(measured: Measured, server: Server) -> Iterator[None]:
    """Add the time and the server's CPU of a block."""
    began, before = time.perf_counter(), server.cpu()
    yield
    measured.spent += time.perf_counter() - began
    measured.cpu += server.cpu() - before


@contextmanager
def our_app(browser: Browser, workspace: Path, measured: Measured) -> Iterator[tuple[Server, Page]]:
    """This app with its first scan on the screen of a browser."""
    began = time.perf_counter()
    with serving(workspace) as server, a_page(browser, WATCH) as page:
        open_review(page, server.address)
        measured.starts.append(time.perf_counter() - began)
        page.keyboard.press("h")
        page.locator("canvas[data-drawn]").wait_for()
        yield server, page


@contextmanager
def label_studio(
    browser: Browser, environment: Environment, project: int, measured: Measured
) -> Iterator[tuple[Server, TheirReader]]:
    """Label Studio with its first scan on the screen of a browser."""
    began = time.perf_counter()
    with (
        environment.serving() as (process, address),
        a_page(browser, its_reader.WATCH) as page,
    ):
        reader = TheirReader(page)
        reader.enter(address, project)
        measured.starts.append(time.perf_counter() - began)
        yield Server(process, address), reader


@contextmanager
def a_page(browser: Browser, watch: str) -> Iterator[Page]:
    """A page of somebody who was never there."""
    with browser.new_context(viewport=_WINDOW) as context:
        page = context.new_page()
        page.add_init_script(watch)
        yield page


def files(count: int, folder: Path) -> list[Path]:
    """The scans that the workspace was filled with, as files."""
    found = []
    for source in scans(count):
        if isinstance(source, Path):
            found.append(source)
        else:
            name, data = source
            (folder / name).write_bytes(data)
            found.append(folder / name)
    return found


if __name__ == "__main__":
    main()
