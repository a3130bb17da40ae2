"""A scripted reader of Label Studio: a digit chooses the plane, Ctrl+Enter brings the next scan."""

import time
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from label_studio_parts.its_server import EMAIL, PASSWORD

WATCH = """
window.timed = null;
const scan = () => [...document.images].find((one) => one.src.startsWith("blob:"));
const isThere = (one) => one && one.complete && one.naturalWidth > 0;
window.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const began = performance.now(), before = scan()?.src;
    const look = () => {
        const now = scan();
        if (isThere(now) && now.src !== before) window.timed = performance.now() - began;
        else requestAnimationFrame(look);
    };
    window.timed = null;
    requestAnimationFrame(look);
}, true);
"""
_DRAWN = "() => [...document.images].some((one) => one.src.startsWith('blob:') && one.complete)"
_SIZE = """() => {
    const image = [...document.images].find((one) => one.src.startsWith("blob:"));
    const stage = document.querySelector(".konvajs-content").getBoundingClientRect();
    const whole = image.getBoundingClientRect();
    return [
        Math.min(whole.right, stage.right) - Math.max(whole.left, stage.left),
        Math.min(whole.bottom, stage.bottom) - Math.max(whole.top, stage.top),
    ];
}"""
_MISSED_AFTER = 1000  # milliseconds


@dataclass
class TheirReader:
    """Somebody who labels in a browser.

    Attributes:
        page: of the browser.
        keys: how many were pressed.
    """

    page: Page
    keys: int = 0

    def enter(self, address: str, project: int) -> None:
        """Sign in and open what is to be labelled; returns once the first scan is drawn."""
        there = f"/projects/{project}/data%3Flabeling%3D1"
        self.page.goto(f"{address}/user/login/?next={there}", timeout=90_000)
        self.page.fill("input[name=email]", EMAIL)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_function(_DRAWN, timeout=90_000)

    def label(self, digit: str) -> tuple[float, float]:
        """Label the scan; seconds from the last key to the next scan, and to the next key."""
        choice = self.page.get_by_role("checkbox").nth(int(digit) - 1)
        choice.wait_for()
        self._press(digit)
        while True:
            try:
                expect(choice).to_be_checked(timeout=_MISSED_AFTER)
                break
            except AssertionError:
                self._press(digit)
        began = time.perf_counter()
        self._press("Control+Enter")
        timed = float(self.page.wait_for_function("() => window.timed").json_value())
        expect(choice).not_to_be_checked()
        return timed / 1000, time.perf_counter() - began

    def size(self) -> tuple[float, float]:
        """Width and height of the scan on the screen, in pixels."""
        width, height = self.page.evaluate(_SIZE)
        return width, height

    def _press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1
