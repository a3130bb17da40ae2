"""How long a key on the Review page takes, in a browser, and what it costs the server.

200 real scans (phantoms where there are none) lie in a workspace, each with its prediction. A
Chromium opens the page, and a key is pressed for each scan once the one before is on the screen.
It prints, each with its median and its 95th percentile,

- key to next scan: until the picture of the next scan is on the screen;
- with its heat map: until the heat map beside it is there, too;
- key to next key: until the page takes the next key;
- CPU of the server a key, the scans that it looks at ahead included;
- memory of the server, and of what the page's scripts hold, after a tenth of the keys and after
  the last one.

    python benchmarks/review.py [--scans 200] [--keys 100] [--pause 0.5] [--workspace FOLDER]
    python benchmarks/review.py --scans 2100 --keys 2000 --pause 0
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from fetal.phantom import simulate
from fetal.planes import PLANES
from fetal.scans import encode_png
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.annotations.review import remaining
from fetal.workbench.imports.import_run import import_scans, plan_import
from fetal.workbench.ingest.deid_policy import DeidentificationPolicy

WATCH = """
window.timed = null;
const picture = () => document.querySelector(".stage .layers img");
const isThere = (one) => one && one.complete && one.naturalWidth > 0;
window.addEventListener("keydown", () => {
    const began = performance.now(), before = picture()?.dataset.scan;
    const timed = { scan: null, heat: null, of: null };
    const look = () => {
        const now = picture()?.dataset.scan;
        if (now && now !== before && isThere(picture())) {
            timed.of ??= now;
            timed.scan ??= performance.now() - began;
            if (document.querySelector(`.stage canvas[data-drawn='${now}']`)) {
                timed.heat = performance.now() - began;
                window.timed = timed;
                return;
            }
        }
        requestAnimationFrame(look);
    };
    window.timed = null;
    requestAnimationFrame(look);
}, true);
"""
_FIRST_KEYS = 10
"""Keys before those that count."""

_SHOWN = (
    "() => /review-scan-(\\d+)/.exec("
    "document.querySelector('[class*=st-key-review-scan-]')?.className ?? '')?.[1]"
)


@dataclass
class Server:
    """The app as `fetal serve` starts it."""

    process: subprocess.Popen[bytes]
    address: str

    def cpu(self) -> float:
        """Seconds of CPU that it and its children took so far."""
        fields = [stat(one).rsplit(") ", 1)[1].split() for one in self._processes()]
        ticks = sum(int(one[11]) + int(one[12]) for one in fields)
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Megabytes that it and its children hold now."""
        pages = sum(int(stat(one).rsplit(") ", 1)[1].split()[21]) for one in self._processes())
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _processes(self) -> Iterator[int]:
        waiting = [self.process.pid]
        while waiting:
            one = waiting.pop()
            yield one
            for thread in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the keys of the Review page.")
    parser.add_argument("--scans", type=int, default=200, help="scans in the workspace")
    parser.add_argument("--keys", type=int, default=100, help="keys that count")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds of looking at each scan")
    parser.add_argument("--workspace", type=Path, help="keep the filled workspace here")
    asked = parser.parse_args()
    with filled_copy(asked.workspace, asked.scans) as workspace:
        require_scans(workspace, asked.keys + _FIRST_KEYS + 1)
        with serving(workspace) as server, browser_page() as page:
            print_keys(server, page, asked.keys, asked.pause)


def require_scans(workspace: Path, least: int) -> None:
    """End with a sentence where a workspace has too few scans without a label."""
    workbench = open_workbench(Workspace.at(workspace))
    left = remaining(workbench)
    workbench.close()
    if left < least:
        raise SystemExit(
            f"Expected at least {least} scans without a label, found {left} (of files that hold "
            "the same scan, one is kept). Ask for more with --scans, or for fewer --keys."
        )


@contextmanager
def filled_copy(kept: Path | None, scans: int) -> Iterator[Path]:
    """A workspace with scans to label that is thrown away afterwards.

    Args:
        kept: where the filled workspace is, or will be for the next time; None throws it away.
        scans: how many scans it gets where there is none yet.

    Yields:
        The copy.
    """
    with tempfile.TemporaryDirectory() as folder:
        filled = kept or Path(folder) / "filled"
        if not filled.exists():
            fill(filled, scans)
        yield Path(shutil.copytree(filled, Path(folder) / "workspace"))


def print_keys(server: Server, page: Page, keys: int, pause: float) -> None:
    """Press keys one after another, and print what they took."""
    print(f"{os.cpu_count()} CPU cores, load {os.getloadavg()[0]:.1f}, {pause} s a scan")
    enter(page, server.address)
    for _ in range(_FIRST_KEYS):
        press(page, pause)
    before, tenth = server.cpu(), max(1, keys // 10)
    times = [press(page, pause) for _ in range(tenth)]
    early = server.memory(), held_by_scripts(page)
    times += [press(page, pause) for _ in range(keys - tenth)]
    spent = server.cpu() - before
    for words, place in (("key to next scan", 0), ("with its heat map", 1), ("to next key", 2)):
        told([one[place] for one in times], words)
    print(f"CPU of the server a key: {spent / keys:.3f} s")
    late = server.memory(), held_by_scripts(page)
    for words, place in (("of the server", 0), ("of the page's scripts", 1)):
        print(
            f"memory {words}: {early[place]:.0f} MB after {tenth} keys, "
            f"{late[place]:.0f} MB after {keys}"
        )


def held_by_scripts(page: Page) -> float:
    """Megabytes that the scripts of a page hold, without what nothing needs any more."""
    developer = page.context.new_cdp_session(page)
    developer.send("HeapProfiler.collectGarbage")
    used = developer.send("Runtime.getHeapUsage")["usedSize"]
    developer.detach()
    return float(used) / 1e6


def told(seconds: list[float], words: str) -> None:
    """Print a median and a 95th percentile."""
    p95 = statistics.quantiles(seconds, n=20)[-1]
    print(f"{words}: median {statistics.median(seconds):.3f} s, p95 {p95:.3f} s")


def press(page: Page, pause: float) -> tuple[float, float, float]:
    """Press a key and wait for the next scan; seconds to its picture, its heat, the next key."""
    page.wait_for_timeout(pause * 1000)
    before = page.evaluate(_SHOWN)
    began = time.perf_counter()
    page.keyboard.press("1")
    timed = page.wait_for_function("() => window.timed").json_value()
    # The page shows it before the server has named it.
    page.locator(f".about:not([data-scan='{before}'])").wait_for()
    taken(page)
    if timed["of"] != page.evaluate(_SHOWN):
        print("another scan came than was shown ahead")
    return timed["scan"] / 1000, timed["heat"] / 1000, time.perf_counter() - began


def taken(page: Page) -> None:
    """Return once keys count for the scan on the screen."""
    scan = page.evaluate(_SHOWN)
    page.locator(f".about[data-scan='{scan}']").wait_for()


def enter(page: Page, address: str) -> None:
    """Open the Review page as somebody, and wait for the first scan with its heat map."""
    open_review(page, address)
    page.keyboard.press("h")
    page.locator("canvas[data-drawn]").wait_for()


def open_review(page: Page, address: str) -> None:
    """Open the Review page as somebody, and wait until the first scan takes keys."""
    page.goto(f"{address}/review", timeout=90_000)
    page.get_by_role("textbox", name="Your name").fill("Bench", timeout=90_000)
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".about")).to_be_visible(timeout=60_000)
    taken(page)
    page.locator(f".layers img[data-scan='{page.evaluate(_SHOWN)}']").wait_for()


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page of 1,440 pixels in a Chromium of its own."""
    with sync_playwright() as playwright:
        browser = chromium_in(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.add_init_script(WATCH)
        yield page
        browser.close()


def chromium_in(playwright: Playwright) -> Browser:
    """Start the Chromium of this computer."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))))
    return playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])


@contextmanager
def serving(workspace: Path) -> Iterator[Server]:
    """Start the app on a workspace, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "fetal.cli", "serve", "--port", str(port)],
        env=os.environ | {"FETAL_WORKSPACE": str(workspace), "FETAL_UNSURE": "keep"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Server(process, f"http://127.0.0.1:{port}")
    try:
        while not answers(f"{server.address}/_stcore/health"):
            time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1):
            return True
    except OSError:
        return False


def stat(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text()


def fill(workspace: Path, count: int) -> None:
    """Store scans in a workspace, each with the shipped model's prediction."""
    workbench = open_workbench(Workspace.at(workspace))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for source in scans(count):
            if isinstance(source, Path):
                (place / source.name).symlink_to(source)
            else:
                name, data = source
                (place / name).write_bytes(data)
        plan = plan_import(place, unlabelled=True)
        import_scans(workbench, plan, "benchmark", unsure=DeidentificationPolicy.KEEP)
    workbench.close()


def scans(count: int) -> Iterator[Path | tuple[str, bytes]]:
    """Real scans as far as they are at hand, then phantoms."""
    shared = Path(os.environ.get("FETAL_SHARED", Path(__file__).parents[2] / "shared"))
    real = shared / "data" / "fetal_planes" / "images"
    found = sorted(real.iterdir())[:count] if real.is_dir() else []
    yield from found
    for seed, plane in enumerate(islice(cycle(PLANES), count - len(found))):
        yield f"Patient{seed:05d}_1.png", encode_png(simulate(plane, seed).pixels)


if __name__ == "__main__":
    main()
