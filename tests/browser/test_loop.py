"""The whole loop in a real browser: upload, look, correct, retrain, promote, predict anew."""

import re
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from fetal.planes import PLANES, Plane
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.catalogue import scans
from tests.browser.labelled import Labelled
from tests.browser.reviewing import shown
from tests.support.waiting import until

pytestmark = pytest.mark.browser

TRAINING = 15 * 60_000
"""At most so long, in milliseconds, for the smallest retraining on a busy machine."""


def enter(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("textbox", name="Your name").fill("Anna Meyer")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Scans", exact=True)).to_be_visible()


def go_to(page: Page, name: str) -> None:
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def drop(page: Page, *files: Path) -> Locator:
    """Drop scans that name their patients; returns their cards once all are read."""
    page.locator("[class*=st-key-drop-] input[type=file]").set_input_files(list(files))
    expect(page.locator(".st-key-drop-results")).to_contain_text("added", timeout=60_000)
    cards = page.locator("[class*=st-key-card-]")
    expect(cards).to_have_count(len(files))
    return cards


LEVELS = """shown => {
    const canvas = document.createElement("canvas");
    canvas.width = shown.naturalWidth ?? shown.width;
    canvas.height = shown.naturalHeight ?? shown.height;
    const context = canvas.getContext("2d");
    context.drawImage(shown, 0, 0);
    const levels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    const text = [...levels].map(level => String.fromCharCode(level)).join("");
    return [canvas.height, canvas.width, btoa(text)];
}"""


def drawn(picture: Locator) -> np.ndarray:
    """What is drawn, (H, W, 3), in the scan's own pixels."""
    height, width, levels = picture.evaluate(LEVELS)
    pixels = np.frombuffer(b64decode(levels), np.uint8).reshape(height, width, 4)
    return pixels[..., :3].astype(int)


def see_the_overlay(page: Page, card: Locator, workspace: Path) -> None:
    scan = card.locator("[class*=st-key-figure-] img")
    heated = card.locator("[class*=st-key-figure-] canvas[data-drawn]")
    expect(heated).to_be_visible()
    expect(card).to_contain_text("Where the model looked for")
    expect(scan).to_have_js_property("complete", True)
    shape = "one => (one.width / one.height) / (one.clientWidth / one.clientHeight)"
    for picture in (scan, heated):
        assert picture.evaluate(shape) == pytest.approx(1, abs=0.02), "a scan is never stretched"

    # What the browser draws is what `Prediction.overlay` draws.
    workbench = open_workbench(Workspace.at(workspace))
    number = scan.get_attribute("data-scan")
    assert number is not None
    said = scans.explanation(workbench, int(number))
    workbench.close()
    expected = said.overlay(opacity=0.6, colours="cividis").astype(int)
    assert abs(drawn(heated) - expected).mean() < 2
    assert abs(drawn(scan) - expected).mean() > 4, "the heat map is seen"

    page.locator(".st-key-heat-opacity").get_by_role("slider").press("ArrowRight")
    stronger = said.overlay(opacity=0.65, colours="cividis").astype(int)
    until(lambda: abs(drawn(heated) - stronger).mean() < abs(drawn(heated) - expected).mean(), 30)


def correct(card: Locator) -> Plane:
    """Give a card another plane than the model did."""
    accept = card.locator("[class*=st-key-accept-]").inner_text()
    wrong = next(plane for plane in PLANES if plane.title not in accept)
    card.get_by_role("button", name=wrong.title).click()
    expect(card).to_contain_text(re.compile(f"{wrong.title}.*corrected by Anna Meyer"))
    return wrong


def bring_labels(page: Page, labelled: Labelled) -> None:
    go_to(page, "Dataset")
    page.get_by_role("tab", name="Import").click()
    page.locator(".st-key-import-csv input[type=file]").set_input_files(labelled.table)
    page.locator(".st-key-import-images input").fill(str(labelled.images))
    expect(page.get_by_text("labels.csv")).to_be_visible()
    page.locator(".st-key-import-look").get_by_role("button").click()
    page.locator(".st-key-import-go").get_by_role("button").click()
    expect(page.get_by_text(re.compile(r"\d+ labels? added"))).to_be_visible(timeout=300_000)


def retrain(page: Page) -> str:
    """Retrain, watch it move, and return the new model's name."""
    go_to(page, "Train")
    page.locator(".st-key-retrain button:visible").click()
    run = page.locator("[class*=st-key-active-run]")
    expect(run).to_be_visible()
    expect(page.locator(".st-key-retrain button:visible")).to_be_disabled()
    expect(run).to_contain_text("Stage 1 of", timeout=120_000)
    expect(run).to_contain_text(re.compile("Stage [2-9] of"), timeout=TRAINING)

    # The job and its view go on in a page that is opened anew.
    page.reload()
    expect(run).to_contain_text(re.compile("Stage [2-9] of"))
    expect(run.get_by_text("Right answers (accuracy)").first).to_be_visible(timeout=TRAINING)

    done = page.get_by_text(re.compile("Training 1: done, made “.+”"))
    expect(done).to_be_visible(timeout=TRAINING)
    made = re.search("made “(.+?)”", done.inner_text())
    assert made is not None
    return made.group(1)


def promote(page: Page, name: str) -> None:
    go_to(page, "Models")
    expect(page.locator(".st-key-champion")).not_to_contain_text(name)
    expect(page.locator(".st-key-figures-champion")).to_be_visible(timeout=120_000)
    expect(page.locator(".st-key-figures-challenger")).to_contain_text(name)
    page.locator(".st-key-promote").get_by_role("button").click()
    page.locator(".st-key-promote-yes").get_by_role("button").click()
    expect(page.locator(".st-key-champion")).to_contain_text(name)


def test_the_loop_from_a_dropped_scan_to_a_new_model_that_predicts(
    page: Page, served: str, labelled: Labelled, tmp_path: Path
) -> None:
    enter(page, served)
    first, second, later = labelled.files[0], labelled.files[8], labelled.files[16]

    card = drop(page, first, second).first
    see_the_overlay(page, card, tmp_path / "workspace")
    correct(card)
    bring_labels(page, labelled)
    name = retrain(page)
    promote(page, name)

    go_to(page, "Scans")
    page.locator("[class*=st-key-drop-] input[type=file]").set_input_files(later)
    expect(page.locator(".st-key-drop-results")).to_contain_text("already there")
    expect(page.locator("[class*=st-key-card-]").first).to_contain_text(name)


def test_a_file_that_is_no_scan_gets_a_sentence_and_the_others_go_on(
    page: Page, served_alone: str, labelled: Labelled, tmp_path: Path
) -> None:
    enter(page, served_alone)
    text = tmp_path / "Patient00001_letter.png"
    text.write_text("Dear colleague")

    drop_zone = page.locator("[class*=st-key-drop-] input[type=file]")
    drop_zone.set_input_files([text, labelled.files[0]])

    results = page.locator(".st-key-drop-results")
    expect(results).to_contain_text("1 scan added, 1 file refused", timeout=60_000)
    expect(results).to_contain_text(text.name)
    expect(page.locator("[class*=st-key-card-]")).to_have_count(1)


def test_an_address_opened_right_after_a_start_still_asks_for_the_name(
    browser: Browser, served_alone: str
) -> None:
    names = ("review", "dataset", "train", "models")
    contexts = [browser.new_context() for _ in names]
    pages = {name: context.new_page() for name, context in zip(names, contexts, strict=True)}
    for name, page in pages.items():
        page.goto(f"{served_alone}/{name}", wait_until="commit")
    for page in pages.values():
        page.get_by_role("textbox", name="Your name").fill("Anna Meyer")
        page.get_by_role("button", name="Begin").click()

    for name, page in pages.items():
        expect(page.get_by_role("heading", name=name.title(), exact=True)).to_be_visible()
        expect(page.get_by_text("Not a medical device")).to_be_visible()
    for context in contexts:
        context.close()


def test_a_click_on_the_menu_right_after_begin_counts_as_well(
    page: Page, served_alone: str
) -> None:
    page.goto(served_alone)
    page.get_by_role("textbox", name="Your name").fill("Anna Meyer")
    page.get_by_role("button", name="Begin").click()
    page.get_by_test_id("stTopNavLink").filter(has_text="Train").click()

    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    expect(page.get_by_text("Anna Meyer")).to_be_visible()

    # A reload does not ask for the name again.
    page.reload()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    expect(page.get_by_text("Anna Meyer")).to_be_visible()


def test_keys_label_scans_one_after_the_other(page: Page, served_alone: str) -> None:
    enter(page, served_alone)
    page.locator(".st-key-samples").get_by_role("button").click()
    expect(page.locator("[class*=st-key-card-]").first).to_be_visible(timeout=60_000)
    go_to(page, "Review")
    expect(page.get_by_text("24 scans")).to_be_visible()
    scan = shown(page)

    for key, left, done in (("2", 23, "1 entry"), ("a", 22, "2 entries"), ("u", 21, "3 entries")):
        page.keyboard.press(key)
        expect(page.get_by_text(f"{left} scans")).to_be_visible()
        expect(page.get_by_text(f"Done today: {done}")).to_be_visible()
        scan = shown(page, other_than=scan)

    page.keyboard.press("z")
    expect(page.get_by_text("22 scans")).to_be_visible()
    expect(page.get_by_text("Unusable", exact=True).first).to_be_visible()


def test_digits_typed_into_a_note_label_nothing(page: Page, served_alone: str) -> None:
    enter(page, served_alone)
    page.locator(".st-key-samples").get_by_role("button").click()
    expect(page.locator("[class*=st-key-card-]").first).to_be_visible(timeout=60_000)
    go_to(page, "Review")

    page.get_by_role("textbox", name="Note").press_sequentially("123 as")
    page.get_by_role("textbox", name="Note").press("Tab")

    expect(page.get_by_text("Done today: 1 entry")).to_be_visible()
    expect(page.get_by_text("24 scans")).to_be_visible()
