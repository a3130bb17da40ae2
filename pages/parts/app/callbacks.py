"""What a click or a key began is done to its end, though another one follows at once."""

from typing import Any

from streamlit.runtime.state.safe_session_state import SafeSessionState

from fetal.workbench.core.actor import NotPermittedError, NotSignedInError
from pages.parts.app import app_state

REFUSED = "refused"
"""Where a page tells of a click that the person's roles do not allow (`app_state.tell`)."""

_STREAMLITS = SafeSessionState.on_script_will_rerun


def let_them_finish() -> None:
    """Have Streamlit run the functions of buttons, keys and fields without a break.

    Each look at the session's state is a place where Streamlit drops what it is doing for a newer
    click or key, even before or in the middle of such a function: its label or note was lost,
    because a change is told only once. Now those functions run to their end, though a newer click
    waits; the page itself is drawn with breaks as before.
    """
    # By its name: a type checker takes the methods of a class for fixed.
    setattr(SafeSessionState, "on_script_will_rerun", _without_a_break)  # noqa: B010


def _without_a_break(state: SafeSessionState, *given: Any, **named: Any) -> None:
    interrupt = state._yield_callback
    # Its own way to set an attribute would write into the session's state.
    object.__setattr__(state, "_yield_callback", lambda: None)
    try:
        _STREAMLITS(state, *given, **named)
    except (NotPermittedError, NotSignedInError) as error:
        # A button that the person’s roles do not open; the page says so where it begins.
        app_state.tell(REFUSED, str(error))
    finally:
        object.__setattr__(state, "_yield_callback", interrupt)
