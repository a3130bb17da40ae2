"""In a browser: people come in by the hospital's provider, and by nginx that signs them in."""

import http.client
import os
import re
import ssl
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from fetal.store.access.audit_chain import EventKind
from fetal.workbench.accounts import audit_trail, people
from fetal.workbench.core.permissions import Role
from tests.support.drawn import file
from tests.support.gated_app import gated_app
from tests.support.identity_provider import PASSWORD, identity_provider
from tests.support.proxy import nginx

pytestmark = pytest.mark.slow  # Each starts the app, a server beside it and a page of its own.

SECRET = "what-nginx-alone-knows-of-it"


def keep_picture(page: Page, name: str) -> None:
    """Leave a picture of the page, where somebody asked for pictures."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_people_come_in_by_the_hospitals_provider(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "provider").mkdir()
    with (
        identity_provider(tmp_path / "provider") as provider,
        gated_app(tmp_path, accounts=False, **provider.settings()) as app,
    ):
        here = f"http://{app.own}"
        provider.let_return_to(f"{here}/sign-in/provider/back", after=f"{here}/sign-in")
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        page = context.new_page()
        page.goto(f"{here}/review")
        expect(page.get_by_label("Password")).to_have_count(0)
        keep_picture(page, "provider")
        page.get_by_role("link", name="Sign in with your hospital account").click()
        page.wait_for_url(f"{provider.url}/**")
        page.locator("#username").fill("ana")
        page.locator("#password").fill(PASSWORD)
        page.keyboard.press("Enter")
        # What the provider tells this program, which it asks once.
        granted = page.get_by_role("button", name=re.compile("Grant access|Continue", re.I)).first
        expect(granted).to_be_visible()
        keep_picture(page, "provider-asks")
        while page.url.startswith(provider.url):
            granted.click()
            page.wait_for_timeout(500)
        expect(page.get_by_role("button", name="Ana Sousa · sign out")).to_be_visible()
        assert page.url == f"{here}/review"
        expect(page.get_by_role("button", name="Password")).to_have_count(0)
        [ana] = people.people(app.workbench)
        assert (ana.name, ana.roles) == ("ana", (Role.READER, Role.ADMINISTRATOR))
        second = context.new_page()
        second.goto(here)
        second.get_by_role("button", name="Ana Sousa · sign out").click()
        # In the first tab too, and at the provider.
        expect(page.get_by_role("link", name="Sign in with your hospital account")).to_be_visible()
        second.wait_for_url(f"{provider.url}/**")
        assert "end_session" in second.url or "logout" in second.url or "signout" in second.url
        keep_picture(second, "provider-signs-out")
        assert app.ask("/").status == 401
        context.close()


def test_people_come_in_by_a_proxy_that_signs_them_in(browser: Browser, tmp_path: Path) -> None:
    settings = {"FETAL_PROXY_HEADER": "Remote-User", "FETAL_PROXY_SECRET": SECRET}
    users = {"eva": "seven quiet herons", "nobody": "seven quiet herons"}
    with (
        gated_app(tmp_path, accounts=True, **settings) as app,
        nginx(tmp_path, app.port, SECRET, users) as address,
    ):
        roles = [Role.READER]
        people.add_person(app.workbench, "eva", None, roles, shown="Eva Lind")
        context = browser.new_context(
            viewport={"width": 1440, "height": 1000},
            ignore_https_errors=True,
            http_credentials={"username": "eva", "password": users["eva"]},
        )
        page = context.new_page()
        page.goto(address)
        expect(page.get_by_role("button", name="Eva Lind · sign out")).to_be_visible()
        [cookie] = [one for one in context.cookies() if one["name"] == "fetal-sign-in"]
        assert (cookie["secure"], cookie["httpOnly"]) == (True, True)
        # A scan goes up, and is shown, through nginx.
        drawn = file(3)
        (tmp_path / drawn.name).write_bytes(drawn.data)
        page.locator("input[type=file]").first.set_input_files(tmp_path / drawn.name)
        expect(page.get_by_text("1 scan", exact=False).first).to_be_visible(timeout=60_000)
        second = context.new_page()
        second.goto(f"{address}/review")
        second.get_by_role("button", name="Eva Lind · sign out").click()
        for tab in (second, page):
            expect(tab.get_by_text("You are signed out here.")).to_be_visible()
        keep_picture(page, "proxy-signed-out")
        page.get_by_role("link", name="Go on as eva").click()
        expect(page.get_by_role("button", name="Eva Lind · sign out")).to_be_visible()
        context.close()
        # What a browser sends under these names nginx replaces; past nginx they are dropped.
        forged = {"Remote-User": "ana", "X-Fetal-Proxy-Secret": SECRET}
        assert through(address, "/sign-in", "nobody", users["nobody"], forged) == 403
        assert through(address, "/sign-in", "nobody", "guess", forged) == 401
        assert app.ask("/sign-in", **{"Remote-User": "ana"}).headers["Location"] is None
        assert app.ask("/", **{"Remote-User": "ana", "X-Fetal-Proxy-Secret": "guess"}).status == 401
        told = audit_trail.newest(app.workbench, (EventKind.REFUSED,))
        assert ("nobody", "sign-in of somebody unknown") in {
            (line.who, line.detail["what"]) for line in told
        }


def through(address: str, path: str, user: str, password: str, headers: dict[str, str]) -> int:
    """Ask the app by way of nginx; returns the status."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    place = urlsplit(address)
    connection = http.client.HTTPSConnection(
        str(place.hostname), place.port, timeout=20, context=trusting
    )
    basic = b64encode(f"{user}:{password}".encode()).decode()
    connection.request("GET", path, headers={"Authorization": f"Basic {basic}"} | headers)
    return connection.getresponse().status
