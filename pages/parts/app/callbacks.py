"""What a click or a key began is done to its end, though another one follows at once."""

from typing import Any, NoReturn

import streamlit as st
from streamlit.runtime.state.safe_session_state import SafeSessionState

_STREAMLITS = SafeSessionState.on_script_will_rerun
_NOTHING = "nothing"


def let_them_finish() -> None:
    """Have Streamlit run the functions of buttons, keys and fields without a break.

    Each look at the session's state is a place where Streamlit drops what it is doing for a newer
    click or key, even in the middle of such a function: its label or note was lost, because a
    change is told only once. Now the newer one waits until the functions of the older one are
    done; the page itself is drawn with breaks as before.
    """
    # By its name: a type checker takes the methods of a class for fixed.
    setattr(SafeSessionState, "on_script_will_rerun", _without_a_break)  # noqa: B010


def draw_anew() -> NoReturn:
    """Draw the page anew, as `st.rerun` does, unless a newer click waits.

    Streamlit makes one run of the two, on the page that is left: a click on the menu that came in
    the meantime was lost.

    Raises:
        RerunException: always; it is how Streamlit ends a run.
    """
    # A look at the session's state hands over to the click that waits.
    _ = _NOTHING in st.session_state
    st.rerun()


def _without_a_break(state: SafeSessionState, *given: Any, **named: Any) -> None:
    interrupt = state._yield_callback
    # Its own way to set an attribute would write into the session's state.
    object.__setattr__(state, "_yield_callback", lambda: None)
    try:
        _STREAMLITS(state, *given, **named)
    finally:
        object.__setattr__(state, "_yield_callback", interrupt)
