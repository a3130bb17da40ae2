from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from pages.parts.app import guard
from pages.parts.gate import sign_in_page
from tests.support.asked import Answer, Asker, ask
from tests.support.gated_app import GatedApp, gated_app


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatedApp]:
    """One running app with accounts, for all tests here."""
    with gated_app(tmp_path_factory.mktemp("gated")) as running:
        yield running


async def _seen(request: Request) -> JSONResponse:
    """What a page gets to see of a request."""
    client = request.client.host if request.client else ""
    return JSONResponse({"headers": list(request.headers), "client": client})


async def _open(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


@pytest.fixture
def asks() -> Asker:
    """Asks an application behind all that stands before the app."""
    routes = [*sign_in_page.routes(), Route("/", _seen), WebSocketRoute("/_stcore/stream", _open)]

    def asker(path: str, *headers: tuple[str, str], **more: object) -> Answer:
        app = Starlette(routes=routes, middleware=guard.middleware())
        return ask(app, path, *headers, **more)  # type: ignore[arg-type]

    return asker
