"""Checks of labels on the Dataset page: asked for, followed, and their two lists."""

import streamlit as st

from fetal.store.states import CheckKind, RunState
from fetal.workbench.core.permissions import Permission
from fetal.workbench.label_quality import check_requests
from fetal.workbench.label_quality.check_requests import CheckView
from pages.parts.app import app_state, current_user
from pages.parts.label_checks import likely_mistakes, past_trainings, what_next
from pages.parts.shared.formatting import moment, plain
from pages.parts.shared.jobs.stop_button import stop_button
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.library_sentences import in_readers_language

_START = {
    CheckKind.MISTAKES: (mark("Look for likely mistakes"), ":material/fact_check:"),
    CheckKind.FEATURES: (mark("Bring the map up to date"), ":material/update:"),
    CheckKind.NEXT: (mark("Work out what to label next"), ":material/low_priority:"),
}
_TITLES = {CheckKind.MISTAKES: mark("Likely mistakes"), CheckKind.NEXT: mark("What to label next")}


def show() -> None:
    """One of the two lists: likely mistakes, or what to label next."""
    kind = st.segmented_control(
        _("Which list"),
        list(_TITLES),
        format_func=lambda one: _(_TITLES[one]),
        default=CheckKind.MISTAKES,
        required=True,
        key="label-check-kind",
        label_visibility="collapsed",
    )
    control(kind)
    done = check_requests.newest_check(app_state.workbench(), kind, status=RunState.DONE)
    if done is not None:
        (likely_mistakes if kind is CheckKind.MISTAKES else what_next).show(done)
    if kind is CheckKind.NEXT:
        past_trainings.show()


def goes_on(kind: CheckKind) -> bool:
    """Whether a check of a kind waits or works."""
    newest = check_requests.newest_check(app_state.workbench(), kind)
    return newest is not None and newest.is_active


def control(kind: CheckKind) -> None:
    """The button that starts a check, or how far the one is that goes on."""
    newest = check_requests.newest_check(app_state.workbench(), kind)
    if newest is not None and newest.is_active:
        following(kind)
        return
    words, icon = _START[kind]
    with st.container(horizontal=True, vertical_alignment="center"):
        if app_state.may(Permission.CHECK):
            st.button(
                _(words) if newest is None else _("Look again"),
                key=f"check-{kind}",
                icon=icon,
                type="primary" if newest is None else "secondary",
                on_click=start,
                args=(kind,),
            )
        if newest is not None and newest.status is RunState.DONE:
            last = _("Last looked {when}, for {who}.")
            st.caption(last.format(when=moment(newest.ended_at), who=plain(newest.who)))
    if newest is not None and newest.reason:
        st.error(plain(in_readers_language(newest.reason)))


def start(kind: CheckKind) -> None:
    """Ask for a check in the person's name."""
    check_requests.ask_for_check(app_state.workbench(), kind, current_user.name())


@st.fragment(run_every=1.0)
def following(kind: CheckKind) -> None:
    """How far a check is, with the way to stop it; the page is drawn anew when it ends."""
    check = check_requests.newest_check(app_state.workbench(), kind)
    if check is None or not check.is_active:
        st.rerun()
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    bar.progress(check.progress.share, text=words_of(check))
    if app_state.may(Permission.CHECK):
        stop_button(stop, _("Stop"), f"stop-check-{kind}", check.cancelling, cancel, check.id)


def cancel(check_id: int) -> None:
    """Stop a check in the person's name."""
    check_requests.cancel_check(app_state.workbench(), check_id, current_user.name())


def words_of(check: CheckView) -> str:
    """What a check does now, in words."""
    if check.status is RunState.QUEUED:
        return (
            _("Waiting for a worker.")
            if check.workers
            else _("Waiting for a worker. No worker runs here: ask whoever looks after it.")
        )
    said = check.progress
    if not said.total:
        return "…"
    return _("{what}: {done} of {total}").format(
        what=in_readers_language(said.what) if said.what else _("Starting"),
        done=customs.whole(said.done),
        total=customs.whole(said.total),
    )
