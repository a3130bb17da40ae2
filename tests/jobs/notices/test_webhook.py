"""The end of a training is told to an address, signed; nothing else learns of the secret."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fetal.jobs.notices.webhook import MOMENT, SIGNATURE, send, signature, tell_ended
from tests.jobs.conftest import Site, Supervise

SECRET = "a secret of both sides"


class Listener(BaseHTTPRequestHandler):
    """Keeps what it is sent; answers what it is told to."""

    taken: list[tuple[str, dict[str, str], bytes]]
    answers: list[int]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((self.path, dict(self.headers), body))
        self.send_response(self.answers.pop(0) if self.answers else 204)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_given: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Listener.taken, Listener.answers = [], []
    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/fetal"
    server.shutdown()
    server.server_close()


def test_the_end_of_a_training_is_told_and_signed(
    site: Site, supervise: Supervise, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_WEBHOOK_URL", address)
    monkeypatch.setenv("FETAL_WEBHOOK_SECRET", "s" * 16)
    supervise("finish")
    telling = tell_ended(site.store, site.run().id)
    assert telling is not None
    telling.join(10)
    path, headers, body = Listener.taken[-1]
    assert path == "/fetal"
    assert headers[SIGNATURE] == signature("s" * 16, headers[MOMENT], body)
    told = json.loads(body)
    assert (told["event"], told["training"], told["state"]) == ("training ended", 1, "done")
    assert told["model"] == site.made().name
    assert set(told) == {"event", "training", "state", "model", "ended_at"}


def test_without_a_secret_nobody_is_told(
    site: Site, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_WEBHOOK_URL", address)
    assert tell_ended(site.store, site.run().id) is None


def test_a_failure_is_tried_again_and_a_redirection_is_not_followed(address: str) -> None:
    Listener.answers = [500, 302, 204]
    waited: list[float] = []
    assert send(address, SECRET, b"{}", waited.append)
    assert [path for path, *_ in Listener.taken] == ["/fetal"] * 3
    assert waited == [0.0, 5.0, 30.0]
    Listener.answers = [500, 500, 500]
    assert not send(address, SECRET, b"{}", waited.append)
