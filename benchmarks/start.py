"""How long from the start of the app to the first prediction in a browser.

`fetal serve` starts on an empty workspace; a Chromium that is already running opens the page,
gives a name, drops one simulated scan and waits for its predicted plane. What the app, its worker
and the processes that read took of CPU tells more than the clock where other work goes on.

    python benchmarks/start.py [--repeats 3]
"""

import argparse
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.scans import encode_png

TARGET = 3.5


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the start up to the first prediction.")
    parser.add_argument("--repeats", type=int, default=3, help="starts that count")
    repeats = parser.parse_args().repeats
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        scan = Path(folder) / "Patient00001_scan.png"
        scan.write_bytes(encode_png(simulate(Plane.BRAIN, 3).pixels))
        measure(browser, scan, Path(folder) / "warm-up")
        before = cpu_of_others()
        times = [measure(browser, scan, Path(folder) / str(turn)) for turn in range(repeats)]
        cpu = (cpu_of_others() - before) / repeats
        browser.close()
    print("start to first prediction: " + ", ".join(f"{seconds:.1f} s" for seconds in times))
    print(f"median {statistics.median(times):.1f} s (target: at most {TARGET} s)")
    print(f"CPU of the program a start, its end included: {cpu:.1f} s")


def measure(browser: Browser, scan: Path, workspace: Path) -> float:
    """Start the app once and return the seconds until the scan's plane is read on the page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    serving = subprocess.Popen(
        [sys.executable, "-m", "fetal.cli", "serve", "--port", str(port)],
        env=os.environ | {"FETAL_WORKSPACE": str(workspace), "FETAL_UNSURE": "keep"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_role("textbox", name="Your name").fill("Bench")
        page.get_by_role("button", name="Begin").click()
        page.locator("[class*=st-key-drop-] input[type=file]").set_input_files(scan)
        expect(page.locator("[class*=st-key-card-]").first).to_be_visible(timeout=60_000)
        seconds = time.perf_counter() - began
        page.close()
    finally:
        serving.terminate()
        serving.wait()
    return seconds


def cpu_of_others() -> float:
    """Seconds of CPU of the processes that ended, those that they started included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wait_for(address: str) -> None:
    """Return once the app answers."""
    while True:
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.05)


if __name__ == "__main__":
    main()
