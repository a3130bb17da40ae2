"""The audit: its newest events, and whether any was changed."""

from typing import Any

import streamlit as st

from fetal.workbench.accounts import audit_trail
from pages.parts.app import app_state
from pages.parts.shared.formatting import MOMENT, number, plain
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.library_sentences import in_readers_language

_VERIFIED = "audit-verified"
_NEWEST = 200
_KINDS = (
    mark("sign in"),
    mark("sign out"),
    mark("wrong password"),
    mark("too many guesses"),
    mark("sign-in ended"),
    mark("account made"),
    mark("account changed"),
    mark("token made"),
    mark("token revoked"),
    mark("refused"),
    mark("viewed scans"),
    mark("imported"),
    mark("exported"),
    mark("erased"),
    mark("key renewed"),
    mark("training started"),
    mark("training cancelled"),
    mark("training moved up"),
    mark("job started"),
    mark("job cancelled"),
    mark("job repeated"),
    mark("promotion asked"),
    mark("promoted"),
    mark("rolled back"),
    mark("audit exported"),
    mark("audit shortened"),
)
"""What events tell of, for the catalogue; a kind that is not here stays English."""

_ORIGINS = (mark("page"), mark("command line"), mark("gate"))


def show() -> None:
    """Show the newest events."""
    workbench = app_state.workbench()
    pick, act = st.columns([3, 1], vertical_alignment="bottom")
    kinds = pick.multiselect(
        _("Show only"),
        audit_trail.KINDS,
        key="audit-kinds",
        format_func=_,
        placeholder=_("everything"),
        help=_("The newest {count} are shown. “fetal audit export” writes all of them.").format(
            count=_NEWEST
        ),
    )
    if act.button(
        _("Verify"),
        key="audit-verify",
        icon=":material/verified:",
        width="stretch",
        help=_(
            "Looks whether an event was changed, removed or inserted, as “fetal audit verify” does."
        ),
    ):
        st.session_state[_VERIFIED] = audit_trail.verify(workbench)
    if (chain := st.session_state.pop(_VERIFIED, None)) is not None:
        for problem in chain.problems:
            st.error(plain(in_readers_language(problem)))
        if not chain.problems:
            st.success(
                _(
                    "{events}, none changed or removed. Keep the last digest elsewhere: {digest}"
                ).format(events=number(chain.events, "event", "events"), digest=chain.last)
            )
    lines = audit_trail.newest(workbench, tuple(kinds), _NEWEST)
    st.dataframe(
        [
            {
                _("No."): line.number,
                _("When"): line.at.astimezone(customs.zone()),
                _("Who"): line.who,
                _("What"): _(line.kind),
                _("From"): _(line.origin),
                _("More"): in_words(line.detail),
            }
            for line in lines
        ],
        hide_index=True,
        width="stretch",
        column_config={_("When"): st.column_config.DatetimeColumn(format=MOMENT)},
    )


def in_words(detail: dict[str, Any]) -> str:
    """What more an event tells, as a list in one line."""
    told = {
        name.replace("_", " "): ", ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in detail.items()
    }
    return "; ".join(f"{name}: {value}" for name, value in told.items())
