"""Lets go of what was erased, whichever process erased it, before anything is shown."""

import streamlit as st

from pages.parts.app import app_state
from pages.parts.shared import heat_map

SECONDS = 15
"""How long an open page at which nobody works may show what was erased."""

_SEEN = "erasures"


@st.cache_resource(show_spinner=False)
def _emptied_at() -> list[int]:
    """The number of erasures when this process last emptied what it keeps, as the only entry."""
    return []


def heed() -> bool:
    """Empty what this process keeps, where something was erased since the last call.

    Returns:
        Whether this page was drawn before that.
    """
    now = app_state.sessions().heed_erasures()
    emptied = _emptied_at()
    if emptied != [now]:
        if emptied:
            st.cache_data.clear()
            heat_map.forget_all()
            app_state.works().let_go()
        emptied[:] = [now]
    before = st.session_state.get(_SEEN, now)
    st.session_state[_SEEN] = now
    return bool(before != now)


@st.fragment(run_every=SECONDS)
def watch() -> None:
    """Draw an open page anew soon after an erasure."""
    if heed():
        st.rerun()
