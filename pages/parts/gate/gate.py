"""The gate: ASGI middleware that lets nobody pass who has not signed in, where accounts exist.

It sees every request and every websocket before Streamlit does. What is open stands in
`addresses.OPEN`; what Streamlit or this program may add later is closed by itself.
"""

from collections import Counter
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from fetal.store.failures import sentence_for
from fetal.workbench.accounts.gatekeeper import Gatekeeper
from fetal.workbench.accounts.password_sign_in import normal_name
from fetal.workbench.accounts.sign_ins import SignedIn
from fetal.workbench.single_sign_on import proxy
from fetal.workbench.single_sign_on.outside_person import PROXY, OutsidePerson
from pages.parts.gate import addresses
from pages.parts.gate.keeper import keeper
from pages.parts.gate.open_sockets import OpenSocket, open_sockets
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.library_sentences import in_readers_language
from pages.parts.texts.reader_locale import answering

_OPEN_TO_ALL = mark(
    "This program can be reached from other computers, and nobody would have to sign in. Make an "
    "account with “fetal user add NAME --role administrator”, or start the program with "
    "--without-accounts."
)
_CLOSED = mark("Please sign in.")
_POLICY_VIOLATION = 1008


class SignInGate:
    """Refuses whatever comes without a sign-in that holds.

    Args:
        app: what answers where somebody is signed in, or where there are no accounts.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hold one websocket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope = _without_forged(scope)
        proxied = scope["state"]["proxied"]
        path = str(scope["path"]).removeprefix(addresses.base())
        if scope["type"] == "http" and path in addresses.OPEN:
            await self._app(scope, receive, send)
            return
        token = token_in(Headers(scope=scope).get("cookie", ""))
        try:
            closed, signed_in = await _asked(token)
            if signed_in is not None and not still_is(signed_in, proxied):
                signed_in = None
        except Exception as error:
            sentence = sentence_for(error)
            if sentence is None:
                raise
            await _refuse(scope, receive, send, _said(scope, sentence, 503))
            return
        if not closed:
            if not addresses.is_alone() and not keeper().lets_all_in():
                await _refuse(scope, receive, send, _said(scope, _OPEN_TO_ALL, 403))
            else:
                await self._pass(scope, receive, send, None)
        elif scope["type"] == "http" and addresses.is_for_programs(
            path, token="authorization" in Headers(scope=scope)
        ):
            await self._app(scope, receive, send)
        elif signed_in is None:
            _count(scope, token)
            await _refuse(scope, receive, send, _to_sign_in(scope, path))
        else:
            scope["headers"].append((addresses.HEADER.encode(), signed_in.digest.encode()))
            scope.setdefault("state", {})["signed_in"] = signed_in
            await self._pass(scope, receive, send, signed_in)

    async def _pass(
        self, scope: Scope, receive: Receive, send: Send, signed_in: SignedIn | None
    ) -> None:
        if scope["type"] == "websocket":
            await self._hold(scope, receive, send, signed_in)
            return
        if signed_in is not None and _is_a_persons(scope):
            await run_in_threadpool(keeper().note_activity, signed_in)
        await self._app(scope, receive, send)

    async def _hold(
        self, scope: Scope, receive: Receive, send: Send, signed_in: SignedIn | None
    ) -> None:
        """Hold a websocket until its browser leaves, or the sign-in ends."""
        if signed_in is not None and "origin" not in Headers(scope=scope):
            # Every browser says which page opens it; `guard.Protection` has looked which one.
            _count(scope, None, "websocket of no page")
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        held = OpenSocket(signed_in.digest if signed_in is not None else None)

        async def heard() -> Message:
            message = await held.next_of(receive)
            if signed_in is not None and _is_by_hand(message):
                await run_in_threadpool(keeper().note_activity, signed_in)
            return message

        async def said(message: Message) -> None:
            if not held.ended.is_set():
                await send(message)

        async def close() -> None:
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

        with open_sockets().holding(held, close):
            await self._app(scope, heard, said)


def token_in(cookies: str) -> str | None:
    """Return what a Cookie header holds of a sign-in; None if nothing."""
    try:
        found = SimpleCookie(cookies).get(addresses.COOKIE)
    except CookieError:
        return None
    return found.value[:100] if found is not None and found.value else None


def address_of(scope: Scope) -> str:
    """Return from which address a request comes."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


async def _asked(token: str | None) -> tuple[bool, SignedIn | None]:
    there: Gatekeeper | None = keeper.ready()
    if there is not None and there.is_quick(token):
        return _look(token)
    return await run_in_threadpool(_look, token)


def _look(token: str | None) -> tuple[bool, SignedIn | None]:
    closed = keeper().closed()
    return closed, keeper().find(token) if closed else None


def _without_forged(scope: Scope) -> Scope:
    """A copy of a request without what only the gate and the proxy may say.

    Whom a proxy names that is believed stands in its state as `proxied`.
    """
    only_ours = {addresses.HEADER, *proxy.headers()}
    kept, said = [], Counter[str]()
    sent: dict[str, str] = {}
    for name, value in scope["headers"]:
        text = name.lower().decode("latin-1")
        if text in only_ours:
            said[text] += 1
            sent[text] = value.decode("latin-1")
        else:
            kept.append((name, value))
    state = dict(scope.get("state") or {})
    # Who sends one twice hopes that the other one is read.
    clear = {text: value for text, value in sent.items() if said[text] == 1}
    state["proxied"] = proxy.named(clear, state.get("peer"))
    return {**scope, "headers": kept, "state": state}


def still_is(signed_in: SignedIn, proxied: OutsidePerson | None) -> bool:
    """Return whether the proxy still names the person of a sign-in that it began."""
    if signed_in.method != PROXY:
        return True
    return proxied is not None and normal_name(proxied.name) == signed_in.name


async def _refuse(scope: Scope, receive: Receive, send: Send, answer: Response) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
    else:
        await answer(scope, receive, send)


def _said(scope: Scope, sentence: str, status: int) -> Response:
    with answering(HTTPConnection(scope)):
        return PlainTextResponse(in_readers_language(_(sentence)), status)


def _to_sign_in(scope: Scope, path: str) -> Response:
    if scope["type"] == "http" and _opens_page(scope):
        query = f"?next={quote(path)}" if path not in ("", "/") else ""
        return RedirectResponse(f"{addresses.base()}{addresses.SIGN_IN}{query}", 303)
    return _said(scope, _CLOSED, 401)


def _count(scope: Scope, token: str | None, reason: str = "") -> None:
    """Have the audit tell of it, unless somebody just opened the app to sign in."""
    if not reason and token is None and scope["type"] == "http" and _opens_page(scope):
        return
    reason = reason or ("ended or forged sign-in" if token else "no sign-in")
    keeper().note_refusal(reason, address_of(scope))
    open_sockets().watch()


def _opens_page(scope: Scope) -> bool:
    return scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")


def _is_a_persons(scope: Scope) -> bool:
    """Whether a person did something, and not an open page by itself."""
    return scope["method"] not in ("GET", "HEAD") or _opens_page(scope)


def _is_by_hand(message: Message) -> bool:
    """Whether a message of an open page comes of a click or a key.

    Pages also ask by themselves every few seconds: that must keep nobody signed in.
    """
    data: Any = message.get("bytes")
    if not data:
        return False
    said = BackMsg()
    try:
        said.ParseFromString(data)
    except Exception:
        return False
    return said.WhichOneof("type") == "rerun_script" and not said.rerun_script.is_auto_rerun
