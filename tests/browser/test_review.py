"""The Review page in a browser: notes typed in haste, digits of the number pad, two persons."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fetal.planes import PLANES
from tests.browser.conftest import serving_phantoms
from tests.browser.reviewing import Kept, enter_review, measured, shown
from tests.browser.test_loop import go_to
from tests.support.waiting import until

pytestmark = pytest.mark.browser


def type_note(page: Page, text: str) -> None:
    """Type without leaving the field."""
    page.get_by_role("textbox", name="Note").press_sequentially(text)


def test_a_note_typed_right_before_a_click_is_kept(
    page: Page, few_phantoms: str, kept: Kept
) -> None:
    scan = enter_review(page, few_phantoms)
    accept = page.locator("[class*=st-key-accept-] button:visible")
    brain = page.get_by_role("button", name="Fetal brain Shortcut")
    skip = page.get_by_role("button", name="Skip")
    written = {}
    for number in range(12):
        written[scan] = f"note {number}"
        type_note(page, written[scan])
        (accept, brain, skip)[number % 3].click()
        scan = shown(page, other_than=scan)

    type_note(page, "left behind")
    go_to(page, "Train")
    until(lambda: kept.notes().get(scan) == "left behind", 30)
    assert {one: kept.notes().get(one) for one in written} == written
    assert len(kept.labels()) == 8


def test_a_program_that_is_gone_is_no_matter_of_the_internet(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_phantoms(tmp_path, monkeypatch, 1) as address:
        enter_review(page, address)

    dialog = page.get_by_test_id("stDialog")
    expect(dialog).to_contain_text("start it again with “fetal serve”", timeout=60_000)
    expect(dialog).not_to_contain_text("internet")


def test_a_note_typed_before_a_key_is_kept(page: Page, few_phantoms: str, kept: Kept) -> None:
    scan = enter_review(page, few_phantoms)
    for number in range(4):
        type_note(page, f"note {number}")
        page.get_by_role("textbox", name="Note").press("Tab")
        page.keyboard.press("1")
        shown(page, other_than=scan)
        assert kept.notes()[scan] == f"note {number}"
        scan = shown(page)
    assert [label for _, label in kept.labels()] == ["brain"] * 4


def test_an_undo_shows_the_note_that_is_kept_then(
    page: Page, few_phantoms: str, kept: Kept
) -> None:
    scan = enter_review(page, few_phantoms)
    type_note(page, "a slip")
    page.get_by_role("textbox", name="Note").press("Enter")
    expect(page.get_by_text("Done today: 1 entry")).to_be_visible()

    page.get_by_role("button", name="Undo Shortcut Z").click()

    expect(page.get_by_role("textbox", name="Note")).to_have_value("")
    assert kept.notes()[scan] == ""


def test_digits_of_the_number_pad_label_as_well_and_no_button_moves(
    page: Page, few_phantoms: str, kept: Kept
) -> None:
    scan = enter_review(page, few_phantoms)
    tablet = measured(page, 820, 1180)
    assert tablet["scan"][2] == 820, "on a tablet the scan has the whole width"
    small = measured(page, 1280, 720)
    assert small["below"] == [], "every button is seen without scrolling"
    places = []
    given = {}
    for digit in range(1, 7):
        at = measured(page, 1440, 900)
        assert at["scan"][2] >= 720, "the scan has at least half of the width"
        places.append(at["accept"])
        # With Shift the pad gives digits here, as it does with Num Lock on a real keyboard.
        page.keyboard.press(f"Shift+Numpad{digit}")
        given[scan] = PLANES[digit - 1].value
        scan = shown(page, other_than=scan)
    assert dict(kept.labels()) == given
    assert places == [places[0]] * 6, "Accept stays at its place"


def test_the_heat_map_and_the_zoom_come_by_keys_that_label_nothing(
    page: Page, few_phantoms: str, kept: Kept
) -> None:
    scan = enter_review(page, few_phantoms)
    picture = page.locator("[class*=st-key-review-scan-] .layers img")
    before = picture.bounding_box()
    assert before is not None
    page.keyboard.press("h")
    expect(page.locator(f"canvas[data-drawn='{scan}']")).to_be_visible()
    page.keyboard.press("+")
    after = picture.bounding_box()
    assert after is not None
    assert after["width"] == pytest.approx(1.25 * before["width"], rel=0.01)
    page.keyboard.press("]")
    expect(page.get_by_text("Window 110 %, level 50 %")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    assert kept.labels() == []

    page.keyboard.press("1")
    following = shown(page, other_than=scan)
    expect(page.locator(f"canvas[data-drawn='{following}']")).to_be_visible()
    layers = page.locator("[class*=st-key-review-scan-] .layers")
    assert layers.evaluate("one => one.style.transform") == "", "all of the next scan is in sight"


def test_two_persons_are_shown_different_scans_and_both_hear_of_a_conflict(
    page: Page, few_phantoms: str, kept: Kept
) -> None:
    anna = enter_review(page, few_phantoms)
    browser = page.context.browser
    assert browser is not None
    other = browser.new_page(viewport={"width": 1280, "height": 900})
    ben = enter_review(other, few_phantoms, "Ben Ode")
    assert anna != ben

    # Ben meets Anna's scan elsewhere, and labels it while she looks at it.
    go_to(other, "Dataset")
    other.get_by_role("tab", name="Gallery").click()
    expect(other.locator(f".st-key-thumb-{anna} img")).to_be_visible()
    expect(other.locator("[data-test-script-state=notRunning]")).to_be_visible()
    other.locator(f".st-key-open-{anna} button:visible").click()
    record = other.locator(f".st-key-record-{anna}")
    record.get_by_role("button", name="Fetal femur").click()
    expect(record).to_contain_text("corrected by Ben Ode")
    until(lambda: kept.labels() == [(anna, "femur")], 30)
    page.keyboard.press("1")

    told = page.locator(".st-key-conflicts")
    expect(told).to_contain_text("Ben Ode labelled")
    expect(told).to_contain_text("Your label, Fetal brain, stands now")
    expect(record.get_by_role("button", name="Fetal femur")).to_have_count(0)
    other.keyboard.press("Escape")
    expect(other.get_by_role("dialog")).to_have_count(0)
    expect(other.locator(".st-key-conflicts")).to_contain_text("Anna Meyer labelled")
    expect(other.locator(".st-key-conflicts")).to_contain_text("without having seen your label")
    other.get_by_role("button", name="I have read this").click()
    expect(other.locator(".st-key-conflicts")).to_have_count(0)
    other.reload()
    expect(other.get_by_role("heading", name="Dataset", exact=True)).to_be_visible()
    expect(other.locator(".st-key-conflicts")).to_have_count(0)
