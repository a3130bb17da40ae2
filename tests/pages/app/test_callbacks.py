"""A click that follows at once does not end what the one before it began."""

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.testing.v1 import AppTest

from pages.parts.app.callbacks import let_them_finish


class OneCallback(SessionState):
    """A session whose next run calls one function, which looks at the state as ours do."""

    def on_script_will_rerun(self, *given: object, **named: object) -> None:
        self.safe["kept"] = self.safe["typed"]


@pytest.fixture
def newer_click() -> list[bool]:
    """Whether a newer click waits."""
    return [False]


@pytest.fixture
def state(newer_click: list[bool]) -> SafeSessionState:
    def look_for_a_newer_click() -> None:
        if newer_click[0]:
            raise RerunException(RerunData())

    inner = OneCallback()
    safe = SafeSessionState(inner, look_for_a_newer_click)
    object.__setattr__(inner, "safe", safe)
    safe["typed"] = "a note"
    let_them_finish()
    return safe


def test_a_newer_click_waits_until_the_function_is_done(
    state: SafeSessionState, newer_click: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = OneCallback.on_script_will_rerun

    def click_in_the_middle(self: OneCallback, *given: object, **named: object) -> None:
        newer_click[0] = True
        begun(self, *given, **named)

    monkeypatch.setattr(OneCallback, "on_script_will_rerun", click_in_the_middle)
    state.on_script_will_rerun(None)

    assert state.filtered_state["kept"] == "a note"
    with pytest.raises(RerunException):
        state["typed"]


def test_a_newer_click_that_came_before_the_function_waits_as_well(
    state: SafeSessionState, newer_click: list[bool]
) -> None:
    newer_click[0] = True
    state.on_script_will_rerun(None)
    assert state.filtered_state["kept"] == "a note"


def a_page_that_ends_as_the_menu_is_clicked() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from pages.parts.app.callbacks import draw_anew

    context = get_script_run_ctx()
    shown = st.session_state.setdefault("shown", [])
    shown.append(context.page_script_hash)
    if len(shown) == 1:
        context.script_requests.request_rerun(RerunData(page_script_hash="clicked"))
        draw_anew()


def test_a_page_that_is_drawn_anew_gives_way_to_a_click_on_the_menu() -> None:
    app = AppTest.from_function(a_page_that_ends_as_the_menu_is_clicked).run()
    assert app.session_state["shown"][1:] == ["clicked"]
