"""Two browsers, two people: what one drops, the other does not find by typing a name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# axe-playwright-python tells no types of its own.
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.test_loop import enter
from tests.support.drawn import unsure

pytestmark = pytest.mark.browser


@contextmanager
def another(browser: Browser) -> Iterator[Page]:
    """A page of a browser of its own, with cookies of its own."""
    context = browser.new_context(viewport={"width": 820, "height": 1000})
    yield context.new_page()
    context.close()


@pytest.fixture
def waiting(page: Page, served_as_it_comes: str, tmp_path: Path) -> str:
    """The address of an app in which a scan waits for “Anna Meyer” at `page`."""
    scan = tmp_path / "Patient00001_1.png"
    scan.write_bytes(unsure(1).data)
    enter(page, served_as_it_comes)
    page.locator("[class*=st-key-drop-] input[type=file]").set_input_files(scan)
    expect(page.locator(".st-key-waiting")).to_contain_text("1 scan waits for you")
    return served_as_it_comes


def test_a_scan_that_waits_is_found_by_its_own_browser_only(page: Page, waiting: str) -> None:
    page.reload()
    expect(page.locator(".st-key-waiting")).to_contain_text("Patient00001_1.png")
    tab = page.context.new_page()
    tab.goto(waiting)
    expect(tab.locator(".st-key-waiting")).to_contain_text("Patient00001_1.png")
    tab.close()

    browser = page.context.browser
    assert browser is not None
    with another(browser) as other:
        other.goto(f"{waiting}/?who=Anna+Meyer")
        expect(other.get_by_role("textbox", name="Your name")).to_be_visible()
        enter(other, waiting)
        expect(other.locator(".st-key-samples")).to_be_visible()
        assert "who" not in other.url
        assert other.get_by_text("Patient00001_1.png").count() == 0
        assert other.locator(".st-key-waiting").count() == 0


def test_who_sits_down_at_the_same_browser_does_not_see_it(page: Page, waiting: str) -> None:
    page.get_by_role("button", name="not you?").click()
    page.get_by_role("textbox", name="Your name").fill("Berta Koch")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".st-key-samples")).to_be_visible()
    assert page.get_by_text("Patient00001_1.png").count() == 0


def hindrances(page: Page) -> list[str]:
    """What axe-core finds on the page that keeps people out: contrast, names, roles, keys."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_the_browser_complains_of_nothing(page: Page, served: str) -> None:
    """The policy lets through all that the pages need."""
    complaints: list[str] = []

    def on_console(one: ConsoleMessage) -> None:
        if one.type in ("error", "warning"):
            complaints.append(one.text)

    page.on("console", on_console)
    enter(page, served)
    page.locator(".st-key-samples").get_by_role("button").click()
    expect(page.locator("[class*=st-key-card-]").first).to_be_visible(timeout=60_000)
    for name in ("Review", "Dataset", "Train", "Models"):
        page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        if name == "Dataset":
            page.get_by_role("tab", name="Counts").click()
            expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert complaints == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_nothing_serious_hinders_anybody(page: Page, served: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    enter(page, served)
    page.locator(".st-key-samples").get_by_role("button").click()
    expect(page.locator("[class*=st-key-card-]").first).to_be_visible(timeout=60_000)
    for name in ("Scans", "Review", "Dataset", "Train", "Models"):
        page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
        assert hindrances(page) == [], name
