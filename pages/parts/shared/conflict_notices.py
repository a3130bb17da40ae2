"""Tells both persons when one label replaced another that its giver had not seen."""

import streamlit as st

from fetal.workbench.annotations import conflicts
from fetal.workbench.annotations.conflicts import Conflict
from pages.parts.app import app_state, current_user
from pages.parts.shared.formatting import label, moment, plain

_MINE = "conflicts-of-mine"
_SHOWN = "conflicts-shown"
_TO_REVIEW = "conflicts-to-review"
_JUST_ASKED = "conflicts-just-asked"
_SENTENCES = 3


def remember(conflict: Conflict | None) -> None:
    """Keep what this person's label just replaced, to be told at once."""
    if conflict is not None:
        st.session_state.setdefault(_MINE, []).append(conflict)


def has_news() -> bool:
    """Return whether something is to be told that does not stand on the page yet."""
    if st.session_state.pop(_JUST_ASKED, False):
        # The whole page is drawn, and `show` stands above.
        return False
    shown: set[int] = st.session_state.get(_SHOWN, set())
    mine, theirs = _unread()
    return any(one.annotation_id not in shown for one in (*mine, *theirs))


def show() -> None:
    """All that this person has not noted yet, until they say that they have read it."""
    if st.session_state.pop(_TO_REVIEW, False):
        st.switch_page("pages/review.py")
    mine, theirs = _unread()
    st.session_state[_JUST_ASKED] = True
    st.session_state[_SHOWN] = {one.annotation_id for one in (*mine, *theirs)}
    told = [*((one, _mine(one)) for one in mine), *((one, _theirs(one)) for one in theirs)]
    if not told:
        return
    with st.container(border=True, key="conflicts"):
        for one, words in told[:_SENTENCES]:
            said, way = st.columns([6, 1], vertical_alignment="center")
            said.warning(words, icon=":material/group:")
            way.button(
                "Look at it",
                key=f"conflict-{one.annotation_id}",
                width="stretch",
                on_click=_look_at,
                args=(one.scan_id,),
            )
        if len(told) > _SENTENCES:
            st.caption(f"And {len(told) - _SENTENCES:,} more.")
        st.button("I have read this", key="conflicts-read", on_click=_read, args=(mine, theirs))


def _unread() -> tuple[list[Conflict], list[Conflict]]:
    """The conflicts that this person's labels made, and those that other people's labels made."""
    mine: list[Conflict] = st.session_state.get(_MINE, [])
    known = {one.annotation_id for one in mine}
    untold = conflicts.untold(app_state.workbench(), current_user.name())
    return mine, [one for one in untold if one.annotation_id not in known]


def _look_at(scan_id: int) -> None:
    st.session_state["review-back-to"] = scan_id
    st.session_state[_TO_REVIEW] = True


def _mine(one: Conflict) -> str:
    if one.label == one.before:
        return (
            f"{plain(one.before_who)} labelled {one.scan} while you looked at it, as you did: "
            f"{label(one.label)}. Both labels are in the scan’s history."
        )
    return (
        f"{plain(one.before_who)} labelled {one.scan} as {label(one.before)} while you looked at "
        f"it. Your label, {label(one.label)}, stands now; both are in the scan’s history."
    )


def _theirs(one: Conflict) -> str:
    who = "In another window you" if one.who == one.before_who else plain(one.who)
    if one.label == one.before:
        return (
            f"{who} labelled {one.scan} without having seen your label, and gave the same: "
            f"{label(one.label)} ({moment(one.at)})."
        )
    return (
        f"{who} labelled {one.scan} as {label(one.label)} without having seen your label, "
        f"{label(one.before)} ({moment(one.at)}). {label(one.label)} stands now; both are in the "
        "scan’s history."
    )


def _read(mine: list[Conflict], theirs: list[Conflict]) -> None:
    st.session_state.pop(_MINE, None)
    own = [one for one in mine if one.before_who == current_user.name()]
    if found := [*theirs, *own]:
        conflicts.note_told(app_state.workbench(), current_user.name(), found)
