"""A scan that waits, in a real browser: a box is dragged over it, and what is in it is blanked."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fetal.scans import Box, decode_png
from tests.browser.test_loop import enter
from tests.support.drawn import unsure

pytestmark = pytest.mark.browser

NAME = Box(48, 30, 96, 54)
"""Where a person drags, in the scan's pixels: 160 across, 120 down."""


def drag(page: Page, box: Box) -> None:
    place = page.locator(".st-key-waiting .nsewdrag").bounding_box()
    assert place is not None
    across, down = place["width"] / 160, place["height"] / 120
    page.mouse.move(place["x"] + box.left * across, place["y"] + box.top * down)
    page.mouse.down()
    page.mouse.move(place["x"] + box.right * across, place["y"] + box.bottom * down, steps=5)
    page.mouse.up()


def test_a_box_that_is_dragged_is_blanked_and_only_that_is_stored(
    page: Page, served_as_it_comes: str, tmp_path: Path
) -> None:
    scan = tmp_path / "Patient00001_1.png"
    scan.write_bytes(unsure(1).data)
    enter(page, served_as_it_comes)
    page.locator("[class*=st-key-drop-] input[type=file]").set_input_files(scan)
    expect(page.locator(".st-key-drop-results")).to_contain_text("1 scan waits for you")
    stored = tmp_path / "workspace" / "blobs" / "scans"
    assert list(stored.rglob("*.png")) == []
    after = page.locator("[class*=st-key-figure-waiting-] img")
    expect(page.locator(".st-key-waiting .nsewdrag")).to_be_visible()
    before = after.get_attribute("src")

    drag(page, NAME)

    expect(after).not_to_have_attribute("src", before)
    page.locator(".st-key-waiting-keep").get_by_role("button").click()
    expect(page.locator(".st-key-drop-results")).to_contain_text("1 scan added")
    expect(page.locator(".st-key-waiting")).to_have_count(0)
    [kept] = stored.rglob("*.png")
    pixels = decode_png(kept.read_bytes())
    assert not pixels[NAME.top + 2 : NAME.bottom - 2, NAME.left + 2 : NAME.right - 2].any()
    assert pixels[NAME.bottom + 4 :, NAME.left : NAME.right].any()
    assert pixels[NAME.top : NAME.bottom, NAME.right + 4 :].any()
