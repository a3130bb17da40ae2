"""Who is at the other end of the connection, and for which browser a proxy there asks.

The first tells whether a request is the proxy's; the second is what the limits on guessing count.
"""

import os

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from fetal.workbench.single_sign_on import proxy


class Peer:
    """Keeps the address of the connection, and takes the browser's from a proxy that is trusted.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._behind = ProxyHeadersMiddleware(app, proxy.trusted_addresses())  # type: ignore[arg-type]
        # Else the server has done the same before, and the connection's address is lost.
        self._first = os.environ.get("FORWARDED_ALLOW_IPS") == ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, which carries `peer` in its state where it is known."""
        if scope["type"] == "lifespan":
            await self._behind(scope, receive, send)  # type: ignore[arg-type]
            return
        client = scope.get("client")
        known = self._first and client is not None
        state = {**(scope.get("state") or {}), "peer": str(client[0]) if known and client else None}
        await self._behind({**scope, "state": state}, receive, send)  # type: ignore[arg-type]
