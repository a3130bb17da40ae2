"""The audit: its newest events, and whether any was changed."""

from typing import Any

import streamlit as st

from fetal.workbench.accounts import audit_trail
from pages.parts.app import app_state
from pages.parts.shared.formatting import number, plain

_VERIFIED = "audit-verified"
_NEWEST = 200


def show() -> None:
    """Show the newest events."""
    workbench = app_state.workbench()
    pick, act = st.columns([3, 1], vertical_alignment="bottom")
    kinds = pick.multiselect(
        "Show only",
        audit_trail.KINDS,
        key="audit-kinds",
        placeholder="everything",
        help=f"The newest {_NEWEST} are shown. “fetal audit export” writes all of them.",
    )
    if act.button(
        "Verify",
        key="audit-verify",
        icon=":material/verified:",
        width="stretch",
        help="Looks whether an event was changed, removed or inserted, as “fetal audit verify” "
        "does.",
    ):
        st.session_state[_VERIFIED] = audit_trail.verify(workbench)
    if (chain := st.session_state.pop(_VERIFIED, None)) is not None:
        for problem in chain.problems:
            st.error(plain(problem))
        if not chain.problems:
            st.success(
                f"{number(chain.events, 'event', 'events')}, none changed or removed. Keep the "
                f"last digest elsewhere: {chain.last}"
            )
    lines = audit_trail.newest(workbench, tuple(kinds), _NEWEST)
    st.dataframe(
        [
            {
                "No.": line.number,
                "When": line.at.astimezone(),
                "Who": line.who,
                "What": line.kind,
                "From": line.origin,
                "More": in_words(line.detail),
            }
            for line in lines
        ],
        hide_index=True,
        width="stretch",
        column_config={"When": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss")},
    )


def in_words(detail: dict[str, Any]) -> str:
    """What more an event tells, as a list in one line."""
    told = {
        name.replace("_", " "): ", ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in detail.items()
    }
    return "; ".join(f"{name}: {value}" for name, value in told.items())
