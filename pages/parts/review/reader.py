"""Which scan this browser session holds, so that others are handed different ones."""

import secrets
import time

import streamlit as st

from fetal.workbench.catalogue.scans import ScanView
from fetal.workbench.reading_queues import reservations
from fetal.workbench.reading_queues.queues import Queue
from fetal.workbench.reading_queues.reservations import RENEW_SECONDS, Reader
from pages.parts.app import app_state, current_user
from pages.parts.shared.formatting import plain
from pages.parts.texts.catalogue import _

_TOKEN = "reader-token"
_RENEWED = "reader-renewed"
_BESIDE = "reader-beside"


def reader() -> Reader:
    """The person in this browser session."""
    token = st.session_state.setdefault(_TOKEN, secrets.token_hex(16))
    return Reader(current_user.name(), token)


def next_scan(skipped: list[int], queue: Queue | None) -> ScanView | None:
    """Reserve the scan to label next; None where none is left for this session."""
    found = reservations.hand_out(app_state.workbench(), reader(), skipped, queue)
    _remember(None)
    return found


def look_at(scan_id: int) -> None:
    """Reserve a scan that the person went back to, unless somebody else looks at it."""
    _remember(reservations.hold(app_state.workbench(), scan_id, reader()))


@st.fragment(run_every=RENEW_SECONDS)
def stay(scan_id: int) -> None:
    """Renew the reservation while the page is open, and say who else looks at the scan."""
    if time.monotonic() - st.session_state[_RENEWED] > RENEW_SECONDS / 2:
        look_at(scan_id)
    if other := st.session_state[_BESIDE]:
        st.caption(_(":material/group: Looked at as well by: {who}.").format(who=in_words(other)))


def in_words(other: str) -> str:
    """Somebody who holds a scan, as this person reads it."""
    if other == current_user.name():
        return _("yourself in another window, or in one that you closed a moment ago")
    return plain(other)


def leave() -> None:
    """Let go of the scan when the person turns to another page."""
    if st.session_state.pop(_RENEWED, None) is not None:
        reservations.release(app_state.workbench(), reader())


def _remember(other: str | None) -> None:
    st.session_state[_RENEWED] = time.monotonic()
    st.session_state[_BESIDE] = other
