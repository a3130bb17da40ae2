"""What the app's server refuses, and what it tells browsers, asked over the network."""

import http.client
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.parts.app.guard import COOKIE, is_token, token_in
from tests.support.waiting import until

ROOT = Path(__file__).parents[3]
PAGE = {"Accept": "text/html"}
KNOCK = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def ask(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return connection.getresponse()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an app that also answers to “fetal.hospital.example”."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    from fetal.cli.serve.serving import _app_command

    process = subprocess.Popen(
        _app_command(number, "127.0.0.1", ["fetal.hospital.example"], browser=False),
        cwd=ROOT,
        env=os.environ | {"FETAL_WORKSPACE": str(tmp_path_factory.mktemp("workspace"))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: answers(number), 60)
        yield number
    finally:
        process.terminate()
        process.wait(30)


def answers(port: int) -> bool:
    try:
        return ask(port, "/_stcore/health").status == 200
    except OSError:
        return False


@pytest.mark.parametrize("path", ["/", "/review", "/_stcore/health", "/_stcore/upload_file/a/b"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "a@127.0.0.1", ""])
def test_another_name_than_its_own_is_refused(port: int, path: str, host: str) -> None:
    assert ask(port, path, Host=host).status == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "fetal.hospital.example"])
def test_its_own_names_are_answered_with_and_without_a_port(port: int, host: str) -> None:
    assert ask(port, "/", Host=host).status == 200
    assert ask(port, "/", Host=f"{host}:{port}").status == 200


def test_a_websocket_opens_for_its_own_pages_only(port: int) -> None:
    own = f"127.0.0.1:{port}"

    def knock(host: str, origin: str) -> int:
        return ask(port, "/_stcore/stream", **KNOCK, Host=host, Origin=origin).status

    assert knock(own, f"http://{own}") == 101
    assert knock("fetal.hospital.example", "https://fetal.hospital.example") == 101
    assert knock("evil.example", "http://evil.example") == 403
    assert knock(own, "http://evil.example") == 403
    # Another program's page on this computer is not the app's.
    assert knock(own, "http://127.0.0.1:1") == 403
    assert knock(own, "null") == 403


def test_a_page_elsewhere_cannot_ask_in_a_persons_name(port: int) -> None:
    assert ask(port, "/", Origin="http://evil.example").status == 403


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/media/none.png", "/static/none.js"])
def test_every_answer_bounds_what_a_browser_may_do(port: int, path: str) -> None:
    answer = ask(port, path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "img-src 'self' data: blob:;" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_refusals_bound_it_too(port: int) -> None:
    answer = ask(port, "/", Host="evil.example")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "evil.example" not in answer.headers["Content-Security-Policy"]


def test_a_browser_gets_a_token_that_no_page_can_read_and_keeps_it(port: int) -> None:
    given = ask(port, "/", **PAGE).headers["Set-Cookie"]
    assert "HttpOnly" in given
    assert "SameSite=Strict" in given
    assert "Max-Age" not in given
    assert ask(port, "/", **PAGE, Cookie=given.split(";")[0]).headers["Set-Cookie"] is None
    assert token_in(given) != token_in(ask(port, "/", **PAGE).headers["Set-Cookie"])


def test_a_link_from_elsewhere_does_not_take_the_token_away(port: int) -> None:
    assert ask(port, "/", **PAGE, Sec_Fetch_Site="cross-site").headers["Set-Cookie"] is None
    # Who never was here gets one with the page's own first request.
    first = ask(port, "/_stcore/health", Sec_Fetch_Site="same-origin")
    assert any(COOKIE in cookie for cookie in first.headers.get_all("Set-Cookie", []))


def test_only_whole_tokens_count() -> None:
    assert is_token("a" * 43)
    assert not is_token("a" * 42)
    assert token_in(f"{COOKIE}=short") is None
    assert token_in(f"other=1; {COOKIE}={'b' * 43}") == "b" * 43
