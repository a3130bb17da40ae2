"""Tells both persons when one label replaced another that its giver had not seen."""

import streamlit as st

from fetal.workbench.annotations import conflicts
from fetal.workbench.annotations.conflicts import Conflict
from pages.parts.app import app_state, current_user
from pages.parts.shared.formatting import label, moment, plain
from pages.parts.texts.catalogue import _
from pages.parts.texts.customs import whole

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
                _("Look at it"),
                key=f"conflict-{one.annotation_id}",
                width="stretch",
                on_click=_look_at,
                args=(one.scan_id,),
            )
        if len(told) > _SENTENCES:
            st.caption(_("And {count} more.").format(count=whole(len(told) - _SENTENCES)))
        st.button(_("I have read this"), key="conflicts-read", on_click=_read, args=(mine, theirs))


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
        return _(
            "{before_who} labelled {scan} while you looked at it, as you did: {label}. Both labels "
            "are in the scan’s history."
        ).format(before_who=plain(one.before_who), scan=one.scan, label=label(one.label))
    return _(
        "{before_who} labelled {scan} as {before} while you looked at it. Your label, {label}, "
        "stands now; both are in the scan’s history."
    ).format(
        before_who=plain(one.before_who),
        scan=one.scan,
        before=label(one.before),
        label=label(one.label),
    )


def _theirs(one: Conflict) -> str:
    who = _("In another window you") if one.who == one.before_who else plain(one.who)
    if one.label == one.before:
        return _(
            "{who} labelled {scan} without having seen your label, and gave the same: {label} "
            "({moment})."
        ).format(who=who, scan=one.scan, label=label(one.label), moment=moment(one.at))
    return _(
        "{who} labelled {scan} as {label} without having seen your label, {before} ({moment}). "
        "{label} stands now; both are in the scan’s history."
    ).format(
        who=who,
        scan=one.scan,
        label=label(one.label),
        before=label(one.before),
        moment=moment(one.at),
    )


def _read(mine: list[Conflict], theirs: list[Conflict]) -> None:
    st.session_state.pop(_MINE, None)
    own = [one for one in mine if one.before_who == current_user.name()]
    if found := [*theirs, *own]:
        conflicts.note_told(app_state.workbench(), current_user.name(), found)
