"""Where the server answers programs: the REST API, imported at the first request for it."""

import threading

from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.parts.gate import addresses


def routes() -> list[Mount]:
    """Return what the server answers to programs."""
    return [Mount(f"{addresses.base()}{addresses.API}", app=_AtFirstRequest())]


class _AtFirstRequest:
    """The API, which makes nobody wait for FastAPI who only opens a page."""

    def __init__(self) -> None:
        self._api: ASGIApp | None = None
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        api = self._api
        if api is None:
            api = await run_in_threadpool(self._make)
        await api(scope, receive, send)

    def _make(self) -> ASGIApp:
        with self._lock:
            if self._api is None:
                self._api = _make_api()
            return self._api


def _make_api() -> ASGIApp:
    from fetal.api.application import make_api
    from fetal.api.services import Services
    from pages.parts.app import app_state
    from pages.parts.app.shared_workbench import shared
    from pages.parts.gate.keeper import keeper
    from pages.parts.gate.open_sockets import open_sockets

    return make_api(
        Services(
            workbench=shared,
            keeper=keeper,
            sessions=app_state.sessions,
            watch=lambda: open_sockets().watch(),
        )
    )
