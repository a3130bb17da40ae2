"""What stands before the app's server: who may ask, and what a browser may do with the answer.

Streamlit's own server answers to any name and lets any page frame it, so a page elsewhere could
have a name of its own lead to this computer (DNS rebinding) and read what is shown here.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import re
import secrets
from base64 import b64encode
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fetal.workbench.accounts.loopback import LOOPBACK
from pages.parts.gate.gate import SignInGate, address_of
from pages.parts.gate.keeper import keeper
from pages.parts.gate.peer import Peer
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.reader_locale import answering

COOKIE = "fetal-browser"
"""Holds a random token that stands for one browser, until that browser is closed."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_FOREIGN = mark(
    "This program does not answer under this name. Open it under the name that your administrator "
    "gave you. An administrator adds a name with “fetal serve --host NAME”."
)
_ASKED_FIRST = "/_stcore/health"
"""What Streamlit's page asks for by itself before it opens its connection."""

_UNCHANGING = "/static/"


def middleware() -> list[Middleware]:
    """Return what stands before Streamlit's own server, the outermost first."""
    return [
        Middleware(Peer),
        Middleware(Protection),
        Middleware(SignInGate),
        Middleware(BrowserToken),
    ]


class Protection:
    """Refuses names and pages that are not the app's own, and bounds what its pages may do.

    Args:
        app: what answers where nothing is refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._scripts = " ".join(_inline_scripts())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._bound(MutableHeaders(scope=message), headers.get("host", ""), scope["path"])
            await send(message)

        if not answers_to(headers.get("host")) or not is_own_page(headers):
            if (there := keeper.ready()) is not None:
                there.note_refusal("another name or another site", address_of(scope))
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                with answering(HTTPConnection(scope)):
                    answer = PlainTextResponse(_(_FOREIGN), 403)
                await answer(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)

    def _bound(self, answer: MutableHeaders, host: str, path: str) -> None:
        own = f" ws://{host} wss://{host}" if answers_to(host) else ""
        answer["Content-Security-Policy"] = "; ".join(
            (
                "default-src 'none'",
                # Streamlit's components bring their script as a blob. Only a script that runs
                # already can make one, so it opens nothing to markup or to other places.
                f"script-src 'self' blob: {self._scripts}",
                # Streamlit and Plotly write styles into the page while it is shown.
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data: blob:",
                "font-src 'self' data:",
                # Older browsers do not count a WebSocket of the same place as 'self'.
                f"connect-src 'self'{own}",
                "worker-src 'self' blob:",
                "manifest-src 'self'",
                "form-action 'self'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            )
        )
        answer["X-Frame-Options"] = "DENY"
        answer["X-Content-Type-Options"] = "nosniff"
        answer.setdefault("Referrer-Policy", "no-referrer")
        answer["Cross-Origin-Opener-Policy"] = "same-origin"
        answer["Cross-Origin-Resource-Policy"] = "same-origin"
        if _UNCHANGING not in path:
            # Pictures of patients would otherwise lie in the browser's cache on the disk.
            answer["Cache-Control"] = "no-store"


class BrowserToken:
    """Gives each browser a random token, which no page can read and no other site can have sent.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with a token where the browser has none."""
        if scope["type"] != "http" or not self._gives(scope):
            await self._app(scope, receive, send)
            return
        secure = "; Secure" if scope["scheme"] == "https" else ""
        cookie = f"{COOKIE}={secrets.token_urlsafe(32)}; Path=/; HttpOnly; SameSite=Strict{secure}"

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self._app(scope, receive, marked)

    @staticmethod
    def _gives(scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if token_in(headers.get("cookie", "")) is not None:
            return False
        # Who follows a link from elsewhere sends no token though the browser has one: a new one
        # would take its place. The page's own first request then tells whether there is one.
        from_elsewhere = headers.get("sec-fetch-site") in ("cross-site", "same-site")
        opens_page = "text/html" in headers.get("accept", "") and not from_elsewhere
        return opens_page or str(scope["path"]).endswith(_ASKED_FIRST)


def token_in(cookies: str) -> str | None:
    """Return the browser's token from a Cookie header; None if there is no whole one."""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return None
    return found.value if found is not None and is_token(found.value) else None


def is_token(text: str) -> bool:
    """Return whether a text has the form of a browser's token."""
    return _TOKEN.fullmatch(text) is not None


def answers_to(host: str | None) -> bool:
    """Return whether the app may be called by a name.

    Args:
        host: the Host header of a request, with or without a port.

    Returns:
        True for the names in the setting `server.allowedHosts`, or, where it is empty, for those
        of this computer; and for the address that the server listens at.
    """
    try:
        parts = urlsplit(f"//{host or ''}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if name is None or parts.netloc != host or "@" in parts.netloc:
        return False
    known = {*(st.get_option("server.allowedHosts") or LOOPBACK), st.get_option("server.address")}
    return name.lower().rstrip(".") in {str(one).lower().strip("[].") for one in known if one}


def is_own_page(headers: Headers) -> bool:
    """Return whether a request comes from a page of the app itself, or from no page at all."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _inline_scripts() -> list[str]:
    """Digests of the scripts that stand in Streamlit's page itself, for the policy to let run."""
    page = Path(st.__file__).parent / "static" / "index.html"
    scripts = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8"), re.DOTALL)
    return [f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in scripts]
