"""What goes on while the server starts: libraries and model get ready before a browser asks."""

import gc
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Event, Thread
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool

_TURN_SECONDS = 0.0005


@asynccontextmanager
async def get_ready(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Begin to make all ready that the first page and the first scan need.

    The server answers meanwhile, and a browser takes a second or more to load Streamlit's own
    scripts: on two cores both go on at once.
    """
    stopping = Event()
    Thread(target=_load, args=(stopping,), name="start", daemon=True).start()
    yield {}
    stopping.set()
    from pages.parts.app.shared_workbench import shared
    from pages.parts.gate.keeper import keeper

    if (there := keeper.ready()) is not None:
        # What was refused and looked at in the last minute.
        await run_in_threadpool(there.tell_refusals, now=True)
        await run_in_threadpool(shared().viewed.tell, now=True)


def _load(stopping: Event) -> None:
    with _quick_turns(), _uncollected():
        from pages.parts.app import warm_up

        warm_up.warm_up()
        # What the router and the first page import, so that they find it loaded.
        from pages.parts.app import router  # noqa: F401
        from pages.parts.scans import cines, quarantine, upload_results  # noqa: F401
    from pages.parts.app import erasures

    erasures.follow(stopping)


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Have Python's threads take turns more often than every 5 ms.

    While libraries are imported, the server gives out Streamlit's scripts in hundreds of parts,
    and waits for its turn before each.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Have Python look for nothing to collect: what libraries make while they load, stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
