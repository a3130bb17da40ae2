"""Keys on the Review page: what was pressed is kept for the scan on the screen, or shown."""

import re
from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from fetal.planes import PLANES
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.annotations import review
from tests.browser.reviewing import HeldBack, Kept, enter_review, pressed, shown, watch_keys
from tests.support.waiting import until

pytestmark = pytest.mark.browser

PRESSES = 100
APART = 150
"""Milliseconds between two presses."""


def not_taken(page: Page) -> int:
    words = page.locator(".missed")
    if words.is_hidden():
        return 0
    told = re.match(r"(\d+) keys? w", words.inner_text())
    assert told is not None
    return int(told.group(1))


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


def shown_ahead(page: Page, first: int) -> int:
    """The scan whose picture took the first one's place."""
    picture = page.locator(f".stage .layers img:not([data-scan='{first}'])")
    picture.wait_for()
    number = picture.get_attribute("data-scan")
    assert number is not None
    return int(number)


def test_the_next_scan_is_there_before_the_answer_and_no_key_counts_for_it_until_then(
    page: Page, many_phantoms: str, kept: Kept
) -> None:
    held = HeldBack(page)
    first = enter_review(page, many_phantoms)
    before = len(kept.labels())

    held.answers = True
    page.keyboard.press("1")
    ahead = shown_ahead(page, first)
    expect(page.locator(":has(> [data-testid=stVerticalBlock].st-key-review-verdict)")).to_have_css(
        "opacity", "0"
    )
    page.keyboard.press("2")
    assert not_taken(page) == 1
    held.let_go()

    assert shown(page, first) == ahead
    assert kept.labels()[before:] == [(first, PLANES[0].value)]


@pytest.mark.slow
def test_a_scan_that_somebody_else_took_is_not_labelled_for_the_one_shown_ahead(
    page: Page, many_phantoms: str, kept: Kept
) -> None:
    held = HeldBack(page)
    first = enter_review(page, many_phantoms)

    held.questions = True
    page.keyboard.press("1")
    ahead = shown_ahead(page, first)
    workbench = open_workbench(Workspace.at(kept.workspace))
    review.label(workbench, ahead, PLANES[5].value, "Ben Ode", seen=None)
    workbench.close()
    held.let_go()

    expect(page.locator(".missed")).to_contain_text("This is another one.")
    assert shown(page, first) != ahead
    assert kept.labels()[-2:] == [(ahead, PLANES[5].value), (first, PLANES[0].value)]


@pytest.mark.slow
def test_without_an_answer_the_scan_that_was_read_comes_back(
    page: Page, many_phantoms: str
) -> None:
    held = HeldBack(page)
    first = enter_review(page, many_phantoms)

    held.questions = True
    page.keyboard.press("1")
    shown_ahead(page, first)

    expect(page.locator(".missed")).to_contain_text("1 key was not taken", timeout=20_000)
    expect(page.locator(f".stage .layers img[data-scan='{first}']")).to_be_visible()
    assert page.evaluate("document.body.dataset.reviewAhead") is None
