"""Lets go of what was erased, whichever process erased it, before anything is shown."""

import logging
import threading

import streamlit as st

from fetal.store.failures import sentence_for
from pages.parts.app import app_state
from pages.parts.shared import heat_map

SECONDS = 15
"""How long an open page at which nobody works may show what was erased."""

PROCESS_SECONDS = 0.5
"""How long this process may keep what another one erased, whether or not somebody is there."""

logger = logging.getLogger(__name__)

_SEEN = "erasures"


@st.cache_resource(show_spinner=False)
def _emptied_at() -> list[int]:
    """The number of erasures when this process last emptied what it keeps, as the only entry."""
    return []


def let_go() -> int:
    """Empty what this process keeps, where something was erased since the last call.

    Returns:
        The number of erasures so far.
    """
    now = app_state.sessions().heed_erasures()
    emptied = _emptied_at()
    if emptied != [now]:
        if emptied:
            st.cache_data.clear()
            heat_map.forget_all()
            app_state.works().let_go()
        emptied[:] = [now]
    return now


def follow(stopping: threading.Event) -> None:
    """Let go of what other processes erase, as long as this one runs.

    It asks the database, which is one read by index, rather than having PostgreSQL tell: that
    would hold a connection, and there is no such thing on SQLite.

    Args:
        stopping: set where the process ends.
    """
    while not stopping.wait(PROCESS_SECONDS):
        try:
            let_go()
        except Exception as error:
            # A database that is away comes back; the pages say it meanwhile.
            if sentence_for(error) is None:
                logger.exception("What other processes erased could not be looked up.")
                return


def heed() -> bool:
    """Empty what this process keeps, where something was erased since the last call.

    Returns:
        Whether this page was drawn before that.
    """
    now = let_go()
    before = st.session_state.get(_SEEN, now)
    st.session_state[_SEEN] = now
    return bool(before != now)


@st.fragment(run_every=SECONDS)
def watch() -> None:
    """Draw an open page anew soon after an erasure."""
    if heed():
        st.rerun()
