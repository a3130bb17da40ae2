"""The API's own gate: ASGI middleware that reads no body before it knows who sends it.

With accounts, a request needs a token in its Authorization header. A cookie opens nothing here but
the reference, so that no page of another site can have a browser act. Without accounts, where the
one person at this computer needs no sign-in, a request that changes something needs the header
`X-Fetal-Name`: a browser lets no page of another site send it.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette._utils import get_route_path
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fetal.api import PAGES
from fetal.api.problems import problem
from fetal.api.request_limits import BodyTooLargeError, RequestRate, bounded
from fetal.api.services import Caller, Services
from fetal.configuration.declared import API_MEGABYTES, API_PER_MINUTE
from fetal.store.failures import sentence_for
from fetal.workbench.accounts.tokens.api_tokens import TokenRefusedError, TokenUse, use_token
from fetal.workbench.core.actor import Actor, Origin

NAME_HEADER = "x-fetal-name"
LONGEST_NAME = 80

_BEARER = re.compile(r"bearer +([\w.~+/-]{1,200}=*)", re.IGNORECASE)
_READS = ("GET", "HEAD", "OPTIONS")
_FOREIGN = (
    "Expected a request of a program, received one of a web page elsewhere. Send it from a program."
)
_NAMELESS = (
    "Expected the header X-Fetal-Name with your name, received none. Send it: it is kept with what "
    "you do, and tells your program from a web page."
)
_TOO_MANY = (
    "Expected at most {most} requests a minute, received more. Wait {seconds} seconds; many files "
    "can go in one request."
)


@dataclass(frozen=True)
class _Refusal:
    """Why a request goes no further.

    Attributes:
        answer: what is answered.
        reason: what the audit is told; empty where it is told nothing.
    """

    answer: Response
    reason: str = ""


class TokenGate:
    """Refuses whatever comes without a token that holds, too often, or too large.

    Args:
        app: what answers the others; it finds a `Caller` in the state of each request.
        services: what the API works with.
    """

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services
        self._rate = RequestRate(API_PER_MINUTE.value)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._is_shown_to_browser(scope, headers):
            await self._app(scope, receive, send)
            return
        try:
            found = await run_in_threadpool(self._look, scope, headers)
        except Exception as error:
            sentence = sentence_for(error)
            if sentence is None:
                raise
            found = _Refusal(problem(503, sentence))
        if isinstance(found, _Refusal):
            if found.reason:
                self._services.keeper().note_refusal(f"API, {found.reason}", _address(scope))
                self._services.watch()
            await found.answer(scope, receive, send)
            return
        scope = {**scope, "state": {**(scope.get("state") or {}), "caller": found}}
        await self._app(scope, bounded(receive, _most_bytes()), send)

    def _is_shown_to_browser(self, scope: Scope, headers: Headers) -> bool:
        """Whether a signed-in person, whom the app's gate let through, looks at the reference."""
        signed_in = (scope.get("state") or {}).get("signed_in") is not None
        shown = scope["method"] == "GET" and get_route_path(scope) in PAGES
        return signed_in and shown and "authorization" not in headers

    def _look(self, scope: Scope, headers: Headers) -> Caller | _Refusal:
        if _is_of_other_site(headers):
            return _Refusal(problem(403, _FOREIGN), "request of another site")
        try:
            token = self._token(headers)
        except TokenRefusedError as error:
            if wait := self._rate.take(f"address {_address(scope)}"):
                return _Refusal(_too_many(wait), error.reason)
            return _Refusal(problem(401, str(error), {"WWW-Authenticate": "Bearer"}), error.reason)
        name = _name(headers)
        if token is None and not name and scope["method"] not in _READS:
            return _Refusal(problem(403, _NAMELESS), "request without a name")
        if wait := self._rate.take(f"token {token.id}" if token else "the one person here"):
            return _Refusal(_too_many(wait))
        if _length(headers) > _most_bytes():
            too_large = BodyTooLargeError(_most_bytes())
            return _Refusal(problem(413, too_large.detail))
        actor = token.actor if token else Actor("", origin=Origin.API)
        workbench = self._services.workbench().acting_as(actor)
        return Caller(workbench, name, token, self._services)

    def _token(self, headers: Headers) -> TokenUse | None:
        """The token of a request; None where there are no accounts and none is shown."""
        shown = headers.get("authorization")
        if shown is None:
            if self._services.keeper().closed():
                raise TokenRefusedError("no token")
            return None
        found = _BEARER.fullmatch(shown.strip())
        if found is None:
            raise TokenRefusedError("no bearer token")
        return use_token(self._services.workbench().store, found[1])


def _is_of_other_site(headers: Headers) -> bool:
    origin = headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
    return foreign or headers.get("sec-fetch-site") in ("cross-site", "same-site")


def _name(headers: Headers) -> str:
    """The name in a request's header, which programs write in UTF-8."""
    sent = headers.get(NAME_HEADER, "").encode("latin-1", "replace").decode("utf-8", "replace")
    return " ".join(sent.split())[:LONGEST_NAME]


def _length(headers: Headers) -> int:
    told = headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() else 0


def _most_bytes() -> int:
    return API_MEGABYTES.value() * 1_000_000


def _too_many(seconds: int) -> Response:
    words = _TOO_MANY.format(most=API_PER_MINUTE.value(), seconds=seconds)
    return problem(429, words, {"Retry-After": str(seconds)})


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
