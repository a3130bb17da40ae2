"""Signing in and out elsewhere: at the provider of identities, or at a proxy."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fetal.workbench.accounts.sign_ins import SignedIn
from fetal.workbench.single_sign_on import provider_sign_in, proxy
from fetal.workbench.single_sign_on.outside_person import (
    PROVIDER,
    PROXY,
    NotAdmittedError,
    OutsidePerson,
    admit,
)
from fetal.workbench.single_sign_on.provider import ProviderError, provider
from pages.parts.gate import addresses, cookies
from pages.parts.gate.gate import address_of, token_in
from pages.parts.gate.keeper import keeper
from pages.parts.gate.sign_in_form import let_in, safe, show_form

WAY_COOKIE = "fetal-provider"
"""Holds a random text while the browser is on its way to the provider and back."""


def routes() -> list[Route]:
    """Return the addresses that lead to the provider and back."""
    base = addresses.base()
    return [
        Route(f"{base}{addresses.PROVIDER}", _go, methods=["GET"]),
        Route(f"{base}{addresses.BACK}", _come_back, methods=["GET"]),
    ]


async def enter_by_proxy(request: Request, going: str) -> Response | None:
    """Let in whom a proxy names; None where no proxy that is believed names anybody."""
    person: OutsidePerson | None = getattr(request.state, "proxied", None)
    if person is None:
        return None
    before = token_in(request.headers.get("cookie", ""))
    try:
        token = await run_in_threadpool(
            lambda: admit(keeper().store, person, address_of(request.scope), before=before)
        )
    except NotAdmittedError as error:
        return await show_form(request, going, str(error), 403)
    return let_in(request, going, token)


def where_to_sign_out(request: Request, signed_in: SignedIn) -> str:
    """Return where a browser goes once it is signed out here: where it is signed in too."""
    out = f"{addresses.base()}{addresses.SIGNED_OUT}"
    there = provider()
    if signed_in.method == PROVIDER and there is not None:
        back = _own(request, addresses.SIGN_IN)
        return there.sign_out_url(signed_in.id_token, back) or out
    return (proxy.sign_out_url() if signed_in.method == PROXY else None) or out


async def _go(request: Request) -> Response:
    there, going = provider(), safe(request.query_params.get("next", ""))
    if there is None:
        return Response(status_code=404)
    back = _own(request, addresses.BACK)
    try:
        url, browser = await run_in_threadpool(
            provider_sign_in.begin, keeper().store, there, back, going, address_of(request.scope)
        )
    except ProviderError as error:
        return await show_form(request, going, str(error), 503)
    except provider_sign_in.TooManyPendingError as error:
        return await show_form(request, going, str(error), 429)
    answer = RedirectResponse(url, 303)
    cookies.give(answer, request, WAY_COOKIE, browser, "lax")
    return answer


async def _come_back(request: Request) -> Response:
    there = provider()
    if there is None:
        return Response(status_code=404)
    query = {name: text[:4_000] for name, text in request.query_params.items()}
    browser = cookies.text_in(request, WAY_COOKIE)
    before = token_in(request.headers.get("cookie", ""))
    try:
        token, going = await run_in_threadpool(
            lambda: provider_sign_in.finish(
                keeper().store,
                there,
                query,
                browser,
                _own(request, addresses.BACK),
                address_of(request.scope),
                before=before,
            )
        )
    except ProviderError as error:
        return await show_form(request, "/", str(error), 502)
    except (provider_sign_in.NotAskedError, NotAdmittedError) as error:
        return await show_form(request, "/", str(error), 403)
    answer = let_in(request, safe(going), token)
    cookies.take(answer, WAY_COOKIE)
    return answer


def _own(request: Request, path: str) -> str:
    """An address of this program, under the name by which the browser asks for it."""
    # `guard.Protection` lets no other name pass.
    return f"{request.scope['scheme']}://{request.headers['host']}{addresses.base()}{path}"
