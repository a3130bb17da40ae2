"""Tells on every page that a training has ended since the person came."""

import streamlit as st

from fetal.store.states import RunState
from fetal.workbench.retraining.ended_runs import EndedRun, last_ended
from pages.parts.app import app_state, current_user
from pages.parts.shared.formatting import plain
from pages.parts.texts.catalogue import _

SECONDS = 15
"""How long after its end an open page tells of a training, at the most."""

_READ = "run-notice-read"
_SHOWN = "run-notice-shown"


def show() -> None:
    """Say that a training has ended, until the person has read it."""
    ended = last_ended(app_state.workbench())
    mark = ended.mark if ended is not None else ""
    st.session_state[_SHOWN] = mark
    if ended is None or st.session_state.setdefault(_READ, mark) == mark:
        st.session_state.setdefault(_READ, mark)
        return
    with st.container(border=True, key="run-notice", horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/model_training: {in_words(ended)}", width="stretch")
        place = "models" if ended.status is RunState.DONE else "train"
        st.page_link(f"pages/{place}.py", label=_("Look at it"), width="content")
        st.button(_("I have read this"), key="run-notice-read-it", on_click=_read, args=(mark,))


@st.fragment(run_every=SECONDS)
def watch() -> None:
    """Draw an open page anew soon after a training has ended."""
    if not current_user.name():
        return
    ended = last_ended(app_state.workbench())
    if (ended.mark if ended is not None else "") != st.session_state.get(_SHOWN, ""):
        st.rerun()


def in_words(ended: EndedRun) -> str:
    """How a training ended, as a sentence."""
    if ended.status is RunState.DONE:
        made = _(" It made “{model}”.").format(model=plain(ended.model)) if ended.model else ""
        return _("**Training {id} is done.**{made}").format(id=ended.id, made=made)
    how = _("was stopped") if ended.status is RunState.CANCELLED else _("failed")
    return _("**Training {id} {how}.**").format(id=ended.id, how=how)


def _read(mark: str) -> None:
    st.session_state[_READ] = mark
