"""A click that follows at once does not end what the one before it began."""

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.safe_session_state import SafeSessionState

from pages.parts.app.callbacks import let_them_finish


class OneCallback(SessionState):
    """A session whose next run calls one function, which looks at the state as ours do."""

    safe: SafeSessionState

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
