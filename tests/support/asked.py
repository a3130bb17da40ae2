"""Asking an ASGI application in this process, from any address and with any headers."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    """What was answered; `sent` are the messages of a websocket."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    sent: list[dict[str, Any]] = field(default_factory=list)

    def header(self, name: str) -> str:
        """The first header of a name; empty if there is none."""
        return next((value for one, value in self.headers if one == name.lower()), "")

    def cookie(self, name: str) -> str:
        """The cookie that was given, as a browser sends it back; empty if there is none."""
        given = [value for one, value in self.headers if one == "set-cookie"]
        return next((one.split(";")[0] for one in given if one.startswith(f"{name}=")), "")


Asker = Callable[..., Answer]
"""Asks one application, as `ask` does."""


def ask(
    app: Any,
    path: str,
    *headers: tuple[str, str],
    method: str = "GET",
    peer: str = "127.0.0.1",
    websocket: bool = False,
) -> Answer:
    """Send one request, or open and close one websocket.

    Args:
        app: the application.
        path: with its query.
        headers: as they are sent, also twice.
        method: the verb.
        peer: from which address the connection comes.
        websocket: whether it is one.
    """
    # In a thread of its own: Playwright leaves an event loop running in the tests' thread.
    with ThreadPoolExecutor(1) as thread:
        asked = _ask(app, path, headers, method, peer, websocket)
        return thread.submit(asyncio.run, asked).result()


async def _ask(
    app: Any, path: str, headers: Any, method: str, peer: str, websocket: bool
) -> Answer:
    answer = Answer()
    alone, _, query = path.partition("?")
    scope = {
        "type": "websocket" if websocket else "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws" if websocket else "http",
        "path": alone,
        "raw_path": alone.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"localhost"),
            *((name.lower().encode(), value.encode()) for name, value in headers),
        ],
        "client": (peer, 50_000),
        "server": ("127.0.0.1", 8501),
        "subprotocols": [],
        "state": {},
    }
    if not websocket:
        scope["method"] = method
    come: Iterator[dict[str, Any]] = iter(
        [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]
        if websocket
        else [{"type": "http.request", "body": b"", "more_body": False}]
    )

    async def receive() -> dict[str, Any]:
        return next(come)

    async def send(message: dict[str, Any]) -> None:
        answer.sent.append(message)
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [
                (name.decode().lower(), value.decode("latin-1"))
                for name, value in message["headers"]
            ]
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer
