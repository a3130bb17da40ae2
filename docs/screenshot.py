"""Make the picture of the README anew: `python docs/screenshot.py`. It shows phantoms only."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PICTURE = Path(__file__).with_name("app.png")
WAIT = 120.0


def main() -> None:
    """Start the app on an empty workspace, load the samples, and photograph the first page."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("No Chromium was found; install one, then run this again.")
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        serving = subprocess.Popen(
            [str(Path(sys.executable).with_name("fetal")), "serve", "--port", str(port)],
            env=os.environ | {"FETAL_WORKSPACE": str(Path(folder) / "workspace")},
        )
        try:
            photograph(chromium, f"http://127.0.0.1:{port}")
        finally:
            serving.terminate()
            serving.wait()
    print(f"Written: {PICTURE}")


def photograph(chromium: str, address: str) -> None:
    """Walk to the samples in a browser and keep what it shows."""
    wait_for(f"{address}/_stcore/health")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900}, device_scale_factor=1.25)
        page.set_default_timeout(1000 * WAIT)
        page.goto(address)
        page.get_by_role("textbox", name="Your name").fill("Anna Meyer")
        page.get_by_role("button", name="Begin").click()
        load_samples(page)
        page.screenshot(path=PICTURE)
        browser.close()


def load_samples(page: Page) -> None:
    """Load the samples, and wait until the first of them is whole."""
    page.locator(".st-key-samples").get_by_role("button").click()
    page.locator(".st-key-drop-results, [class*=st-key-card-]").first.wait_for()
    page.wait_for_function(
        "document.querySelectorAll('[class*=st-key-figure-] img').length >= 6"
        " && [...document.images].every(image => image.complete)"
        " && !document.querySelector('[data-testid=stStatusWidget]')"
    )


def wait_for(address: str) -> None:
    """Wait until the app answers."""
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"The app did not start within {WAIT:.0f} seconds.")


if __name__ == "__main__":
    main()
