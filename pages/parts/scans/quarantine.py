"""Scans that wait until a person has looked, blanked more, and kept them or left them out."""

from collections.abc import Collection

import streamlit as st

from fetal.scans.mask_edits import NothingLeftError
from fetal.workbench.ingest import quarantine_decisions
from fetal.workbench.ingest.deid_policy import QuarantinedScan
from fetal.workbench.ingest.upload import IngestResult
from pages.parts.app import app_state, current_user
from pages.parts.scans import mask_editor
from pages.parts.shared.formatting import number
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.customs import whole
from pages.parts.texts.library_sentences import in_readers_language

_TO_KEEP = "waiting-to-keep"
_WHY = mark(
    "A name may be left where nothing was blanked. These scans are in the program’s memory only: "
    "nothing of them is stored until you keep them, and they are gone when the program stops."
)


@st.fragment
def show() -> None:
    """The scans that wait for this person, one at a time, and what to do with them."""
    quarantine = app_state.session().desk.quarantine
    if asked := st.session_state.get(_TO_KEEP):
        _keep(asked)
    held = quarantine.of(current_user.name())
    _left_out(len(quarantine.left_out(current_user.name())))
    if not held:
        return
    with st.container(border=True, key="waiting"):
        st.subheader(
            number(len(held), "scan waits for you", "scans wait for you"),
            anchor=False,
        )
        st.caption(_(_WHY))
        chosen = _chosen(held)
        one = held[chosen]
        reason = f": {in_readers_language(one.reason)}." if one.reason else ""
        # As text, never as markup: it is the name of a file.
        st.text(f"{one.file}{reason}")
        left = mask_editor.adjust(chosen, one)
        keep, out, _rest = st.columns([2, 2, 5])
        keep.button(
            _("Keep as shown"),
            key="waiting-keep",
            type="primary",
            icon=":material/check:",
            disabled=not left,
            width="stretch",
            on_click=_ask_to_keep,
            args=([chosen],),
        )
        out.button(
            _("Leave out"),
            key="waiting-out",
            icon=":material/close:",
            width="stretch",
            on_click=_leave_out,
            args=([chosen],),
        )


def _chosen(held: dict[int, QuarantinedScan]) -> int:
    numbers = list(held)
    if len(numbers) == 1:
        return numbers[0]
    turn, together = st.columns([3, 2], vertical_alignment="center")
    with turn:
        # One of its own for each count, so that the next scan comes up once one is decided on.
        page: int = st.pagination(len(numbers), key=f"waiting-page-{len(numbers)}")
    with together:
        _all_at_once(held)
    return numbers[page - 1]


def _all_at_once(held: dict[int, QuarantinedScan]) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.button(
            _("Keep all {count} as shown").format(count=whole(len(held))),
            key="waiting-keep-all",
            help=_("Look through them first: what you keep is stored as it would be shown here."),
            on_click=_ask_to_keep,
            args=(list(held),),
        )
        if st.button(
            _("Leave all {count} out …").format(count=whole(len(held))), key="waiting-out-all"
        ):
            st.dialog(_("Leave all of them out?"))(_ask_before_leaving_out)(list(held))


def _ask_before_leaving_out(numbers: list[int]) -> None:
    """Ask once, then leave all out."""
    st.markdown(
        _(
            "{scans} for you will not be stored, also those that you have not looked at. You can "
            "bring them back until you leave another one out."
        ).format(scans=number(len(numbers), "scan that waits", "scans that wait"))
    )
    if st.button(
        _("Leave all {count} out").format(count=whole(len(numbers))),
        key="waiting-out-all-yes",
        type="primary",
        on_click=_leave_out,
        args=(numbers,),
    ):
        st.rerun()


def _left_out(count: int) -> None:
    """Offer what was left out last to be brought back."""
    if not count:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="left-out"):
        st.caption(
            _("You left {scans} out.").format(scans=number(count, "scan", "scans")),
            width="content",
        )
        st.button(
            _("Bring back"),
            key="waiting-back",
            icon=":material/undo:",
            type="tertiary",
            on_click=_bring_back,
        )


def _bring_back() -> None:
    workbench, quarantine = app_state.workbench(), app_state.session().desk.quarantine
    back = quarantine_decisions.bring_back(workbench, quarantine, current_user.name())
    for one, taken in back.items():
        _tell_drop(one, taken)


def _ask_to_keep(numbers: list[int]) -> None:
    """Remember which to store until they are: a click in between ends the page only."""
    st.session_state[_TO_KEEP] = numbers


def _keep(numbers: Collection[int]) -> None:
    workbench, here, who = app_state.workbench(), app_state.session().desk, current_user.name()
    with st.spinner(_("Storing {scans} …").format(scans=number(len(numbers), "scan", "scans"))):
        for one in list(numbers):
            drop = here.drop_of(one, who)
            try:
                taken = quarantine_decisions.keep(
                    workbench, here.quarantine, one, who, mask_editor.changes(one), watch=drop
                )
            except NothingLeftError:
                # It waits on, and says so when it is looked at.
                continue
            if taken is not None:
                mask_editor.forget(one)
                _tell_drop(one, taken)
    st.session_state.pop(_TO_KEEP, None)
    st.rerun()


def _leave_out(numbers: Collection[int]) -> None:
    workbench, quarantine = app_state.workbench(), app_state.session().desk.quarantine
    for one, taken in quarantine_decisions.leave_out(
        workbench, quarantine, list(numbers), current_user.name()
    ).items():
        _tell_drop(one, taken)


def _tell_drop(one: int, taken: IngestResult) -> None:
    """Tell the drop what became of a scan."""
    drop = app_state.session().desk.drop_of(one, current_user.name())
    if drop is not None:
        drop.settle(one, taken)
