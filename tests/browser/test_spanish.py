"""A browser that asks for Spanish finds no English sentence on any page."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.texts.test_catalogue import catalogue

pytestmark = [pytest.mark.browser, pytest.mark.slow]

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


def test_no_english_sentence_is_left_on_a_page(browser: Browser, few_phantoms: str) -> None:
    sentences = english_sentences()
    assert len(sentences) > 300
    context = browser.new_context(locale="es-ES", timezone_id="Europe/Madrid")
    page = context.new_page()
    page.goto(few_phantoms)
    page.get_by_role("textbox", name="Su nombre").fill("Ana")
    page.get_by_role("button", name="Empezar").click()
    for path in PAGES:
        page.goto(f"{few_phantoms}/{path}")
        expect(page.get_by_text("No es un producto sanitario")).to_be_visible()
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
        shown = page.locator("body").inner_text()
        assert [one for one in sentences if one in shown] == [], path
        expect(page.locator("html")).to_have_attribute("lang", "es")

    page.locator(".st-key-language button").filter(has_text="English").click()

    expect(page.get_by_text("Not a medical device")).to_be_visible()
    context.close()
