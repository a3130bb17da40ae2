"""Somebody who has no account tries every way in, over the network; all are closed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fetal.store.access.audit_chain import EventKind
from fetal.workbench.accounts import audit_trail, people
from fetal.workbench.accounts.sign_ins import digest_of
from fetal.workbench.accounts.tokens.api_tokens import make_token
from fetal.workbench.accounts.tokens.scopes import Scope
from fetal.workbench.core.actor import system_user
from pages.parts.gate import addresses
from tests.support.gated_app import PAGE, GatedApp, cookies_of
from tests.support.waiting import until
from tests.support.without_right import foreign_cookie, ways_without_right

ROOT = Path(__file__).parents[3]
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
KNOWN = {
    "/_stcore/agent/interact",
    "/_stcore/agent/mcp",
    "/_stcore/agent/openapi.json",
    "/_stcore/bidi-components/{path:path}",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/stream",
    "/_stcore/upload_file/{session_id}/{file_id}",
    "/api/v1",
    "/auth/login",
    "/auth/logout",
    "/component/{path:path}",
    "/downloads/{token}",
    "/media/{file_id:path}",
    "/oauth2callback",
    "/pictures/small/{digest}",
    "/pictures/{digest}",
    "/sign-in",
    "/sign-in/holds",
    "/sign-in/provider",
    "/sign-in/provider/back",
    "/sign-in/style.css",
    "/sign-out",
}
"""What the app answered when this test was written: a new address is to be looked at."""

PROGRAM = """
import json, sys
import streamlit_app
routes = streamlit_app.app._build_starlette_app().routes
print(json.dumps(sorted({route.path for route in routes})))
"""


@pytest.fixture(scope="module")
def routes() -> list[str]:
    """The addresses of the running app, as it builds them itself."""
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(told.stdout.splitlines()[-1]))


def filled(route: str) -> str:
    """An address of a route, with something in place of its parts."""
    return (
        "".join(
            part.split("}")[-1] if "}" in part else part
            for part in route.replace("{", "\0{").replace("}", "}").split("\0")
        ).replace("//", "/x/")
        or "/"
    )


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Somebody who is signed in elsewhere."""
    return foreign_cookie(tmp_path_factory.mktemp("foreign"))


def test_streamlit_has_added_no_address(routes: list[str]) -> None:
    assert {route for route in routes if route not in ("", "/")} == KNOWN


def test_every_address_is_closed_with_every_verb_to_whoever_has_no_right(
    app: GatedApp, routes: list[str], foreign: str
) -> None:
    paths = {filled(route) for route in routes} | {
        *("/", "/review", "/static/js/index.js", "/nothing", "/~/+/x", "//", "/_stcore/healthz"),
        *("/sign-in/", "/sign-in/style.css/../../", "/_stcore/health/", "/SIGN-IN", "/%2e%2e/"),
    }
    wrong = []
    for what, cookie in ways_without_right(app, foreign).items():
        for path in sorted(paths - addresses.OPEN):
            for verb in VERBS:
                status = app.ask(path, verb, **({"Cookie": cookie} if cookie else {})).status
                if status not in (400, 401):
                    wrong.append((what, verb, path, status))
    assert wrong == []


def test_what_is_open_gives_nothing_away(app: GatedApp) -> None:
    assert app.ask("/_stcore/health").read() == b"ok"
    assert app.ask("/sign-in/style.css").status == 200
    shown = app.ask("/sign-in", **PAGE).read().decode()
    assert "streamlit" not in shown.lower()
    for verb in ("PUT", "DELETE", "PATCH"):
        assert app.ask("/sign-in", verb).status == 405
    for path in (addresses.PROVIDER, f"{addresses.BACK}?code=1&state=1"):
        assert app.ask(path).status == 404
        assert app.ask(path, "POST").status == 405


def test_a_browser_is_led_to_the_sign_in_page_and_back(app: GatedApp) -> None:
    answer = app.ask("/review", **PAGE)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=/review")
    assert app.ask("/", **PAGE, Cookie=app.cookie_of("ben")).status == 200


@pytest.mark.parametrize(
    "going",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: 1", "data:"],
)
def test_nobody_is_led_elsewhere(app: GatedApp, going: str) -> None:
    from urllib.parse import quote

    answer = app.ask(f"/sign-in?next={quote(going)}", **PAGE, Cookie=app.cookie_of("ben"))
    assert (answer.status, answer.headers["Location"]) == (303, "/")


def test_the_websocket_opens_for_a_sign_in_that_holds_and_its_own_page_only(
    app: GatedApp, foreign: str
) -> None:
    for what, cookie in ways_without_right(app, foreign).items():
        assert app.knock(Cookie=cookie) == 403, what
    mine = app.cookie_of("ben")
    assert app.knock(Cookie=mine) == 101
    assert app.knock(Cookie=mine, Origin="http://evil.example") == 403
    assert app.knock(Cookie=mine, Origin="null") == 403
    assert app.knock(Cookie=mine, Host="evil.example", Origin="http://evil.example") == 403


def test_programs_get_in_by_a_token_and_by_nothing_else(app: GatedApp) -> None:
    mine = app.cookie_of("ben")
    for path in ("me", "scans", "models", "nothing"):
        for headers in ({}, {"Cookie": mine}, {"Authorization": "Bearer fetal_" + "f" * 43}):
            assert app.ask(f"/api/v1/{path}", **headers, X_Fetal_Name="Ben").status == 401
    assert app.ask("/api/v1/runs", "POST", "{}", Cookie=mine, X_Fetal_Name="Ben").status == 401
    for page in ("docs", "openapi.json"):
        assert app.ask(f"/api/v1/{page}").status == 401
        assert app.ask(f"/api/v1/{page}", Cookie=mine).status == 200
    root = app.workbench.acting_as(system_user("root"))
    _, token = make_token(root, "ben", "test", [Scope.READ], 1)
    bearer = {"Authorization": f"Bearer {token}"}
    assert json.loads(app.ask("/api/v1/me", **bearer).read())["name"] == "Ben Ode"
    assert app.ask("/api/v1/me", **bearer, Origin="http://evil.example").status == 403
    assert app.ask("/", **bearer).status == 401


def test_a_forged_identity_is_worth_nothing(app: GatedApp) -> None:
    mine = app.cookie_of("ben")
    digest = digest_of(mine.split("=")[1])
    for name in (addresses.HEADER, addresses.HEADER.upper(), "X-Forwarded-User", "Remote-User"):
        assert app.ask("/", **{name: digest}).status == 401
        assert app.knock(**{name: digest}) == 403


def test_a_text_that_was_planted_in_a_browser_is_not_taken_over(app: GatedApp) -> None:
    planted = "fetal-sign-in=" + "p" * 43
    given = cookies_of(app.sign_in("ben", cookie=planted))["fetal-sign-in"]
    assert given != "p" * 43
    assert app.ask("/", Cookie=planted).status == 401
    # Who signs in again has the sign-in before no more.
    again = cookies_of(app.sign_in("ben", cookie=f"fetal-sign-in={given}"))["fetal-sign-in"]
    assert app.ask("/", Cookie=f"fetal-sign-in={given}").status == 401
    assert app.ask("/", Cookie=f"fetal-sign-in={again}").status == 200


def test_another_site_can_send_no_form_and_sign_nobody_out(app: GatedApp) -> None:
    body = "form=abc&name=ben&password=seven+quiet+herons&next=/"
    assert app.ask("/sign-in", "POST", body).status == 400
    assert app.ask("/sign-in", "POST", body, Cookie="fetal-form=" + "a" * 43).status == 400
    assert app.sign_in("ben", Origin="http://evil.example").status == 403
    mine = app.cookie_of("ben")
    assert app.ask("/sign-out", "POST", Cookie=mine).status == 403
    crossing = {"X-Fetal": "sign-out", "Origin": "http://evil.example", "Cookie": mine}
    assert app.ask("/sign-out", "POST", **crossing).status == 403
    assert app.ask("/", Cookie=mine).status == 200


def test_no_page_of_another_site_sends_anything_in_a_persons_name(
    app: GatedApp, routes: list[str]
) -> None:
    mine = app.cookie_of("ben")
    wrong = []
    for path in sorted({filled(route) for route in routes}):
        for verb in ("POST", "PUT", "PATCH", "DELETE"):
            for origin in ("http://evil.example", "null", f"http://127.0.0.1:{app.port + 1}"):
                status = app.ask(path, verb, "x=1", Cookie=mine, Origin=origin).status
                if status != 403:
                    wrong.append((verb, path, origin, status))
    assert wrong == []
    assert app.ask("/", Cookie=mine).status == 200


def test_whoever_is_signed_in_finds_nothing_by_guessing(app: GatedApp) -> None:
    mine = app.cookie_of("ben")
    guessed = [
        *(f"/pictures/{guess}" for guess in ("1", "0" * 64, "..", "%2e%2e%2ffetal.db", "a" * 65)),
        *(f"/pictures/small/{guess}" for guess in ("1", "f" * 64, "../fetal.db")),
        *("/media/1", "/media/" + "0" * 56 + ".png", "/media/../../fetal.db"),
        *("/component/../../etc/passwd", "/_stcore/bidi-components/../../fetal.toml"),
        *("/app/static/fetal.db", "/static/../fetal.db", "/static/%2e%2e/%2e%2e/etc/passwd"),
    ]
    for path in guessed:
        answer = app.ask(path, Cookie=mine)
        told = answer.read()
        # Streamlit answers its own page under paths that it does not know.
        page = b"<!doctype html>" in told.lower() and b"root" in told
        assert answer.status in (400, 403, 404) or page, (path, answer.status, told[:80])
        assert b"SQLite format" not in told
    # Streamlit wants a text of the page itself, which no other page has.
    for verb in ("PUT", "DELETE"):
        assert app.ask("/_stcore/upload_file/another-page/1", verb, "x", Cookie=mine).status == 403


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(app: GatedApp) -> None:
    [given] = [
        one
        for one in app.sign_in("ben").headers.get_all("Set-Cookie", [])
        if one.startswith("fetal-sign-in=")
    ]
    assert "; HttpOnly" in given
    assert "; SameSite=Lax" in given
    assert "Max-Age" not in given
    assert "Secure" not in given
    behind_https = {"X-Forwarded-Proto": "https"}
    [given] = [
        one
        for one in app.sign_in("ben", **behind_https).headers.get_all("Set-Cookie", [])
        if one.startswith("fetal-sign-in=")
    ]
    assert given.endswith("; Secure")


def test_what_is_too_long_or_broken_is_turned_away(app: GatedApp) -> None:
    assert app.ask("/sign-in", "POST", "name=" + "x" * 5_000).status == 413
    assert app.ask("/sign-in", "POST", "&".join("a=1" for _ in range(50))).status == 400
    assert app.ask("/sign-in", "POST", "\xff").status == 400


def test_wrong_passwords_are_told_in_the_same_words_and_limited(app: GatedApp) -> None:
    unknown = app.sign_in("nobody", "wrong")
    known = app.sign_in("ana", "wrong")
    assert unknown.status == known.status == 401
    words = [
        one.read().decode().split('role="alert">')[1].split("<")[0] for one in (unknown, known)
    ]
    assert words[0] == words[1]
    while (answer := app.sign_in("ana", "wrong")).status == 401:
        pass
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 600
    assert app.sign_in("ana").status == 429
    people.set_password(app.workbench, "ana", "seven quiet herons")


@pytest.mark.slow  # The app gathers refusals for a minute.
def test_all_of_it_is_in_the_audit(app: GatedApp) -> None:
    def reasons() -> set[str]:
        lines = audit_trail.newest(app.workbench, (EventKind.REFUSED,), 1000)
        return {str(line.detail["what"]) for line in lines if line.origin == "gate"}

    app.ask("/media/x", Cookie="fetal-sign-in=" + "f" * 43)
    app.ask("/media/x")
    app.ask("/media/x", Origin="http://evil.example")
    every = {"no sign-in", "ended or forged sign-in", "another name or another site"}
    until(lambda: every <= reasons(), 150)
    assert audit_trail.verify(app.workbench).problems == ()
