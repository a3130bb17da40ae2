"""Keys on the Review page: what was pressed is kept for the scan on the screen, or shown."""

import re
from collections import Counter

import pytest
from playwright.sync_api import Page

from fetal.planes import PLANES
from tests.browser.reviewing import Kept, enter_review, pressed, shown, watch_keys
from tests.support.waiting import until

pytestmark = pytest.mark.browser

PRESSES = 100
APART = 150
"""Milliseconds between two presses."""


def not_taken(page: Page) -> int:
    words = page.locator(".missed")
    if words.is_hidden():
        return 0
    return int(re.match(r"(\d+) keys? w", words.inner_text()).group(1))


def settled(page: Page, kept: Kept) -> list[tuple[int, str]]:
    """The labels, once the page has answered the last key and shows them all."""
    shown(page)
    until(lambda: page.get_by_text(f"Done today: {len(kept.labels())} entr").is_visible(), 30)
    return kept.labels()


def test_a_hundred_quick_presses_give_right_labels_or_are_shown_as_not_taken(
    page: Page, many_phantoms: str, kept: Kept
) -> None:
    watch_keys(page)
    enter_review(page, many_phantoms)

    for number in range(PRESSES):
        page.keyboard.press(str(number % len(PLANES) + 1))
        page.wait_for_timeout(APART)

    labels = settled(page, kept)
    assert len(labels) + not_taken(page) == PRESSES
    on_the_screen = {(one.scan, PLANES[int(one.key) - 1].value) for one in pressed(page)}
    assert set(labels) <= on_the_screen
    assert max(Counter(scan for scan, _ in labels).values()) == 1, "no scan is labelled twice"
    assert labels
