"""A browser that asks for Spanish finds no English sentence on any page."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.texts.test_catalogue import catalogue

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TABS = 11
"""Of the Dataset page."""

PAGES = ("", "review", "dataset", "train", "models")
NO_SENTENCE = re.compile(r"[{}<>*`]")


def english_sentences() -> list[str]:
    """The sentences of the catalogue that have nothing to fill in, and are others in Spanish."""
    return [
        message.id
        for message in catalogue("es")
        if isinstance(message.id, str)
        and len(message.id.split()) > 2
        and message.id != message.string
        and not NO_SENTENCE.search(message.id)
    ]


def english(page: Page, sentences: list[str]) -> list[str]:
    """Those of some sentences that stand on a page."""
    shown = page.locator("body").inner_text()
    return [one for one in sentences if one in shown]


def test_no_english_sentence_is_left_on_a_page(browser: Browser, few_phantoms: str) -> None:
    sentences = english_sentences()
    assert len(sentences) > 300
    context = browser.new_context(locale="es-ES", timezone_id="Europe/Madrid")
    page = context.new_page()
    page.goto(few_phantoms)
    page.get_by_role("textbox", name="Su nombre").fill("Ana")
    page.get_by_role("button", name="Empezar").click()
    expect(page.get_by_text("¿no es usted?")).to_be_visible()
    page.wait_for_function("document.cookie.length + localStorage.length > 0")
    for path in PAGES:
        page.goto(f"{few_phantoms}/{path}")
        expect(page.get_by_text("¿no es usted?")).to_be_visible()
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
        assert english(page, sentences) == [], path
        expect(page.locator("html")).to_have_attribute("lang", "es")
        if path == "dataset":
            tabs = page.get_by_role("tab")
            expect(tabs).to_have_count(TABS)
            for place in range(TABS):
                tabs.nth(place).click()
                expect(tabs.nth(place)).to_have_attribute("aria-selected", "true")
                # The panel is drawn by the next run of the script, which may not have begun.
                expect(page.get_by_role("tabpanel").locator("*").first).to_be_attached()
                expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
                assert english(page, sentences) == [], place

    page.locator(".st-key-language button").filter(has_text="English").click()

    expect(page.get_by_text("Not a medical device")).to_be_visible()
    context.close()
