"""The websockets that are open, and the end of those whose sign-in is over."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache

from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive

from pages.parts.app.shared_workbench import shared
from pages.parts.gate.keeper import keeper

SECONDS = 2.0
"""How long a page may stay open after its sign-in was ended by somebody else, or by its time."""

_CLOSED: Message = {"type": "websocket.disconnect", "code": 1008, "reason": None}

logger = logging.getLogger(__name__)


class OpenSocket:
    """One open websocket.

    Args:
        digest: its sign-in; None where there were no accounts when it was opened.
    """

    def __init__(self, digest: str | None) -> None:
        self.digest = digest
        self.ended = asyncio.Event()

    async def next_of(self, receive: Receive) -> Message:
        """Return what the browser says next, or that it left: also when it was shut out."""
        if self.ended.is_set():
            return _CLOSED
        hearing = asyncio.ensure_future(receive())
        ending = asyncio.ensure_future(self.ended.wait())
        try:
            await asyncio.wait({hearing, ending}, return_when=asyncio.FIRST_COMPLETED)
            return hearing.result() if hearing.done() and not self.ended.is_set() else _CLOSED
        finally:
            hearing.cancel()
            ending.cancel()


class OpenSockets:
    """All open websockets of this process."""

    def __init__(self) -> None:
        self._held: dict[OpenSocket, Callable[[], Awaitable[None]]] = {}
        self._watch: asyncio.Task[None] | None = None

    @contextmanager
    def holding(self, socket: OpenSocket, close: Callable[[], Awaitable[None]]) -> Iterator[None]:
        """Watch a websocket while it is open.

        Args:
            socket: the websocket.
            close: closes it towards the browser.
        """
        self._held[socket] = close
        self.watch()
        try:
            yield
        finally:
            del self._held[socket]

    async def end(self, digest: str) -> None:
        """Close the websockets of a sign-in now."""
        await self._shut([held for held in self._held if held.digest == digest])

    def watch(self) -> None:
        """See to it that sign-ins are looked at from now on, as long as there is something open."""
        if self._watch is None or self._watch.done():
            self._watch = asyncio.ensure_future(self._look_on())

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(SECONDS)
            try:
                await self._look()
            except Exception:
                # A database that is away for a moment: it is asked again.
                logger.exception("The sign-ins of open pages could not be looked at.")

    async def _look(self) -> None:
        await run_in_threadpool(_tell_audit)
        if not self._held or not await run_in_threadpool(keeper().closed):
            return
        digests = {held.digest for held in self._held if held.digest is not None}
        standing = await run_in_threadpool(keeper().standing, digests)
        await self._shut([held for held in self._held if held.digest not in standing])

    async def _shut(self, sockets: list[OpenSocket]) -> None:
        for socket in sockets:
            close = self._held.get(socket)
            if close is None or socket.ended.is_set():
                continue
            socket.ended.set()
            with suppress(Exception):
                await close()


def _tell_audit() -> None:
    keeper().tell_refusals()
    shared().viewed.tell()


@cache
def open_sockets() -> OpenSockets:
    """The open websockets of this process."""
    return OpenSockets()
