"""What goes on while the server starts: libraries and model get ready before a browser asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event, Thread
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool


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
    from pages.parts.app import app_state, erasures

    app_state.warm_up()
    # What the router and the first page import, so that they find it loaded.
    from pages.parts.app import router  # noqa: F401
    from pages.parts.scans import cines, quarantine, upload_results  # noqa: F401

    erasures.follow(stopping)
