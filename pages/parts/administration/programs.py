"""Programs: tokens with which they act for an account, made and revoked."""

import streamlit as st

from fetal.workbench.accounts import people
from fetal.workbench.accounts.tokens import api_tokens
from fetal.workbench.accounts.tokens.scopes import Scope
from pages.parts.app import app_state
from pages.parts.shared.formatting import moment

_MADE = "made-token"
_WORDS = {
    Scope.READ: "see scans, trainings and models",
    Scope.ADD: "bring scans in",
    Scope.LABEL: "label scans",
    Scope.TRAIN: "start and stop trainings",
    Scope.PROMOTE: "let another model predict",
    Scope.EXPORT: "export labels",
}


def show() -> None:
    """Show all tokens, and a form for a new one."""
    app_state.show_told("programs")
    known = api_tokens.tokens(app_state.workbench())
    if known:
        st.dataframe([_row(one) for one in known], hide_index=True, width="stretch")
    made = st.session_state.pop(_MADE, None)
    if made is not None:
        st.success("The token is made. Copy it now: it is shown once, and kept nowhere.")
        st.code(made, language=None)
    new, end = st.columns(2, gap="large")
    with new.container(border=True):
        add()
    with end.container(border=True):
        revoke([one for one in known if one.holds])


def add() -> None:
    """The form for a new token."""
    st.markdown(
        "**A new token**",
        help="A program, such as a script on an ultrasound machine’s computer, signs in with a "
        "token. It may do what its account may do, and no more than you choose here.",
    )
    accounts = [one for one in people.people(app_state.workbench()) if not one.disabled]
    with st.form("new-token", border=False):
        st.text_input("What it is for", key="token-name", max_chars=80, placeholder="scanner 2")
        st.selectbox(
            "Acts for",
            accounts,
            format_func=lambda one: f"{one.shown} ({one.name})",
            key="token-account",
        )
        st.multiselect("It may", list(Scope), format_func=_WORDS.__getitem__, key="token-scopes")
        st.number_input("Days until it ends", 1, value=90, key="token-days")
        st.form_submit_button("Make the token", type="primary", key="token-add", on_click=keep_new)


def revoke(holding: list[api_tokens.TokenView]) -> None:
    """What ends a token."""
    st.markdown("**End a token**")
    if not holding:
        st.caption("No token holds now.")
        return
    one = st.selectbox(
        "Token",
        holding,
        format_func=lambda one: f"{one.name} ({one.account}, number {one.id})",
        key="revoked-token",
    )
    st.button(
        "End it now",
        key="token-revoke",
        help="The program that holds it is refused from then on.",
        on_click=end,
        args=(one.id,),
    )


def keep_new() -> None:
    """Make the token."""
    given = st.session_state
    try:
        _number, given[_MADE] = api_tokens.make_token(
            app_state.workbench(),
            given["token-account"].name,
            given["token-name"],
            given["token-scopes"],
            given["token-days"],
        )
    except people.AccountError as error:
        app_state.tell("programs", str(error))


def end(number: int) -> None:
    """Revoke a token."""
    api_tokens.revoke_token(app_state.workbench(), number)


def _row(one: api_tokens.TokenView) -> dict[str, str]:
    state = "holds" if one.holds else "ended" if one.revoked_at is None else "revoked"
    return {
        "For": one.name,
        "Acts for": one.account,
        "May": ", ".join(one.scopes),
        "Ends": moment(one.over_at),
        "Last used": moment(one.used_at) if one.used_at else "never",
        "State": state,
        "Made by": one.made_by,
    }
