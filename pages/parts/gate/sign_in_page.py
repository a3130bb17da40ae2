"""Where a person signs in and out."""

from pathlib import Path
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from fetal.workbench.accounts.guess_limits import TooManyGuessesError
from fetal.workbench.accounts.password_sign_in import WrongPasswordError
from pages.parts.gate import addresses, cookies, elsewhere
from pages.parts.gate.gate import address_of, still_is, token_in
from pages.parts.gate.keeper import keeper
from pages.parts.gate.open_sockets import open_sockets
from pages.parts.gate.sign_in_form import is_own_form, let_in, safe, show_form
from pages.parts.texts.catalogue import mark

OWN_CALL = "x-fetal"
"""A header that a page of another site cannot send."""

NEXT = "X-Fetal-Next"
"""Tells the page that signs out where the browser goes then."""

_HERE = Path(__file__).parent
_MOST_BYTES = 4_000
_OLD_FORM = mark("This page was open for too long, or was opened twice. Please try again.")


def routes() -> list[Route]:
    """Return the addresses of signing in and out."""
    base = addresses.base()
    return [
        Route(f"{base}{addresses.SIGN_IN}", _show, methods=["GET"]),
        Route(f"{base}{addresses.SIGN_IN}", _enter, methods=["POST"]),
        Route(f"{base}{addresses.STYLE}", _style, methods=["GET"]),
        Route(f"{base}{addresses.STILL_IN}", _holds, methods=["GET"]),
        Route(f"{base}{addresses.SIGN_OUT}", _leave, methods=["POST"]),
        *elsewhere.routes(),
    ]


async def _show(request: Request) -> Response:
    there = await run_in_threadpool(_already_in, request)
    going = safe(request.query_params.get("next", ""))
    if there:
        return RedirectResponse(f"{addresses.base()}{going}", 303)
    if "out" not in request.query_params:
        let = await elsewhere.enter_by_proxy(request, going)
        if let is not None:
            return let
    return await show_form(request, going)


async def _enter(request: Request) -> Response:
    fields = await _fields(request)
    if fields is None:
        return Response(status_code=413)
    going, name = safe(fields.get("next", "")), fields.get("name", "")
    if not is_own_form(request, fields.get("form", "")):
        return await show_form(request, going, _OLD_FORM, 400, name)
    before = token_in(request.headers.get("cookie", ""))
    try:
        token = await run_in_threadpool(
            keeper().enter, name, fields.get("password", ""), address_of(request.scope), before
        )
    except WrongPasswordError as error:
        return await show_form(request, going, str(error), 401, name)
    except TooManyGuessesError as error:
        refused = await show_form(request, going, str(error), 429, name)
        refused.headers["Retry-After"] = str(60 * error.minutes)
        return refused
    return let_in(request, going, token)


async def _leave(request: Request) -> Response:
    # The gate lets nobody come here who is not signed in.
    signed_in = request.state.signed_in if hasattr(request.state, "signed_in") else None
    if OWN_CALL not in request.headers:
        return Response(status_code=403)
    answer = Response(status_code=204)
    if signed_in is not None:
        await run_in_threadpool(keeper().leave, signed_in)
        await open_sockets().end(signed_in.digest)
        cookies.take(answer, addresses.COOKIE)
        answer.headers[NEXT] = await run_in_threadpool(
            elsewhere.where_to_sign_out, request, signed_in
        )
    return answer


async def _holds(_request: Request) -> Response:
    """Say that the sign-in holds: the gate has looked."""
    return Response(status_code=204)


async def _style(_request: Request) -> Response:
    return FileResponse(_HERE / "sign_in.css", media_type="text/css")


def _already_in(request: Request) -> bool:
    """Whether the app would show this browser its pages."""
    if not keeper().closed():
        return True
    signed_in = keeper().find(token_in(request.headers.get("cookie", "")))
    proxied = getattr(request.state, "proxied", None)
    return signed_in is not None and still_is(signed_in, proxied)


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
