"""A person signs in and out in a browser, and an administrator shuts one out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from fetal.workbench.accounts import people
from tests.support.gated_app import GatedApp, gated_app
from tests.support.signing_in import PASSWORD


@pytest.fixture
def app(tmp_path: Path) -> Iterator[GatedApp]:
    with gated_app(tmp_path) as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1440, "height": 1000})
    yield opened
    opened.close()


def enter(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_signing_in_and_out_in_two_tabs(app: GatedApp, context: BrowserContext) -> None:
    first = context.new_page()
    first.goto(f"http://{app.own}/review")
    enter(first, "ben", "not the password")
    expect(first.get_by_role("alert")).to_contain_text("Name or password is wrong")
    enter(first, "ben")
    expect(first.get_by_role("button", name="Ben Ode · sign out")).to_be_visible()
    assert first.url.endswith("/review")
    second = context.new_page()
    second.goto(f"http://{app.own}/")
    expect(second.get_by_role("button", name="Ben Ode · sign out")).to_be_visible()
    second.get_by_role("button", name="Ben Ode · sign out").click()
    for page in (second, first):
        expect(page.get_by_role("heading", name="Fetal planes")).to_be_visible()
        expect(page.get_by_label("Password")).to_be_visible()
    # The next person finds a page of their own.
    first.goto(f"http://{app.own}/")
    enter(first, "ana")
    expect(first.get_by_role("button", name="Ana Sousa · sign out")).to_be_visible()


def test_whoever_is_shut_out_sees_nothing_more(app: GatedApp, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"http://{app.own}/")
    enter(page, "ben")
    expect(page.get_by_role("button", name="Ben Ode · sign out")).to_be_visible()
    people.set_disabled(app.workbench, "ben", True)
    expect(page.get_by_label("Password")).to_be_visible(timeout=15_000)
