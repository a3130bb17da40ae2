"""Where a person signs in and out: a small page of the server's own, without Streamlit."""

import hmac
import re
import secrets
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs

from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from fetal.workbench.accounts.guess_limits import TooManyGuessesError
from fetal.workbench.accounts.password_door import WrongPasswordError
from pages.parts.gate import addresses
from pages.parts.gate.gate import address_of, token_in
from pages.parts.gate.keeper import keeper
from pages.parts.gate.open_sockets import open_sockets

FORM_COOKIE = "fetal-form"
"""Holds a random text that the form repeats, so that no other site can send it in."""

OWN_CALL = "x-fetal"
"""A header that a page of another site cannot send."""

_HERE = Path(__file__).parent
_FORM = Environment(autoescape=True).from_string(
    (_HERE / "sign_in.html.jinja").read_text(encoding="utf-8")
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_MOST_BYTES = 4_000
_OLD_FORM = "This page was open for too long, or was opened twice. Please try again."


def routes() -> list[Route]:
    """Return the addresses of signing in and out."""
    base = addresses.base()
    return [
        Route(f"{base}{addresses.SIGN_IN}", _show, methods=["GET"]),
        Route(f"{base}{addresses.SIGN_IN}", _enter, methods=["POST"]),
        Route(f"{base}{addresses.STYLE}", _style, methods=["GET"]),
        Route(f"{base}{addresses.STILL_IN}", _holds, methods=["GET"]),
        Route(f"{base}{addresses.SIGN_OUT}", _leave, methods=["POST"]),
    ]


async def _show(request: Request) -> Response:
    cookie = request.headers.get("cookie", "")
    there = await run_in_threadpool(_already_in, token_in(cookie))
    going = _safe(request.query_params.get("next", ""))
    if there:
        return RedirectResponse(f"{addresses.base()}{going}", 303)
    return _form(request, going)


async def _enter(request: Request) -> Response:
    fields = await _fields(request)
    if fields is None:
        return Response(status_code=413)
    going, name = _safe(fields.get("next", "")), fields.get("name", "")
    if not _is_own_form(request, fields.get("form", "")):
        return _form(request, going, _OLD_FORM, 400, name)
    before = token_in(request.headers.get("cookie", ""))
    try:
        token = await run_in_threadpool(
            keeper().enter, name, fields.get("password", ""), address_of(request.scope), before
        )
    except WrongPasswordError as error:
        return _form(request, going, str(error), 401, name)
    except TooManyGuessesError as error:
        refused = _form(request, going, str(error), 429, name)
        refused.headers["Retry-After"] = str(60 * error.minutes)
        return refused
    answer = RedirectResponse(f"{addresses.base()}{going}", 303)
    _give(answer, request, addresses.COOKIE, token, "lax")
    answer.delete_cookie(FORM_COOKIE, path=_path())
    return answer


async def _leave(request: Request) -> Response:
    # The gate lets nobody come here who is not signed in.
    signed_in = request.state.signed_in if hasattr(request.state, "signed_in") else None
    if OWN_CALL not in request.headers:
        return Response(status_code=403)
    answer = Response(status_code=204)
    if signed_in is not None:
        await run_in_threadpool(keeper().leave, signed_in)
        await open_sockets().end(signed_in.digest)
        answer.delete_cookie(addresses.COOKIE, path=_path())
    return answer


async def _holds(_request: Request) -> Response:
    """Say that the sign-in holds: the gate has looked."""
    return Response(status_code=204)


async def _style(_request: Request) -> Response:
    return FileResponse(_HERE / "sign_in.css", media_type="text/css")


def _already_in(token: str | None) -> bool:
    return not keeper().closed() or keeper().find(token) is not None


def _form(
    request: Request, going: str, problem: str = "", status: int = 200, name: str = ""
) -> Response:
    text = _form_text(request) or secrets.token_urlsafe(32)
    page = _FORM.render(
        base=addresses.base(), form=_repeated(text), going=going, problem=problem, name=name[:80]
    )
    # Without a referrer, browsers would not say from which page the form comes.
    answer = HTMLResponse(page, status, {"Referrer-Policy": "same-origin"})
    _give(answer, request, FORM_COOKIE, text, "strict")
    return answer


def _form_text(request: Request) -> str | None:
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(FORM_COOKIE)
    except CookieError:
        return None
    return found.value if found is not None and _TOKEN.fullmatch(found.value) else None


def _repeated(text: str) -> str:
    return sha256(f"sign in {text}".encode()).hexdigest()


def _is_own_form(request: Request, repeated: str) -> bool:
    text = _form_text(request)
    return text is not None and hmac.compare_digest(_repeated(text).encode(), repeated.encode())


async def _fields(request: Request) -> dict[str, str] | None:
    """The fields of the form; None if more was sent than it can hold."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > _MOST_BYTES:
            return None
    try:
        found = parse_qs(content.decode(), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _safe(going: str) -> str:
    """Where to go after signing in: a place of the app itself, whatever the address says."""
    return going if re.fullmatch(r"/[a-z-]{0,40}", going) else "/"


def _give(answer: Response, request: Request, name: str, text: str, same_site: str) -> None:
    secure = "; Secure" if request.scope["scheme"] == "https" else ""
    answer.headers.append(
        "Set-Cookie",
        f"{name}={text}; Path={_path()}; HttpOnly; SameSite={same_site.title()}{secure}",
    )


def _path() -> str:
    return addresses.base() or "/"
