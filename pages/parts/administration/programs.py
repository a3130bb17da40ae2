"""Programs: tokens with which they act for an account, made and revoked."""

import streamlit as st

from fetal.workbench.accounts import people
from fetal.workbench.accounts.tokens import api_tokens
from fetal.workbench.accounts.tokens.scopes import Scope
from pages.parts.app import app_state
from pages.parts.shared.formatting import moment
from pages.parts.texts.catalogue import _, mark

_MADE = "made-token"
_WORDS = {
    Scope.READ: mark("see scans, trainings and models"),
    Scope.ADD: mark("bring scans in"),
    Scope.LABEL: mark("label scans"),
    Scope.TRAIN: mark("start and stop trainings"),
    Scope.PROMOTE: mark("let another model predict"),
    Scope.EXPORT: mark("export labels"),
    Scope.JOBS: mark("start, see and stop jobs"),
}


def show() -> None:
    """Show all tokens, and a form for a new one."""
    app_state.show_told("programs")
    known = api_tokens.tokens(app_state.workbench())
    if known:
        st.dataframe([_row(one) for one in known], hide_index=True, width="stretch")
    made = st.session_state.pop(_MADE, None)
    if made is not None:
        st.success(_("The token is made. Copy it now: it is shown once, and kept nowhere."))
        st.code(made, language=None)
    new, end = st.columns(2, gap="large")
    with new.container(border=True):
        add()
    with end.container(border=True):
        revoke([one for one in known if one.holds])


def add() -> None:
    """The form for a new token."""
    st.markdown(
        _("**A new token**"),
        help=_(
            "A program, such as a script on an ultrasound machine’s computer, signs in with a "
            "token. It may do what its account may do, and no more than you choose here."
        ),
    )
    accounts = [one for one in people.people(app_state.workbench()) if not one.disabled]
    with st.form("new-token", border=False):
        st.text_input(_("What it is for"), key="token-name", max_chars=80, placeholder="scanner 2")
        st.selectbox(
            _("Acts for"),
            accounts,
            format_func=lambda one: f"{one.shown} ({one.name})",
            key="token-account",
        )
        st.multiselect(
            _("It may"),
            list(Scope),
            format_func=lambda scope: _(_WORDS[scope]),
            key="token-scopes",
            placeholder=_("Choose"),
        )
        st.number_input(_("Days until it ends"), 1, value=90, key="token-days")
        st.form_submit_button(
            _("Make the token"), type="primary", key="token-add", on_click=keep_new
        )


def revoke(holding: list[api_tokens.TokenView]) -> None:
    """What ends a token."""
    st.markdown(_("**End a token**"))
    if not holding:
        st.caption(_("No token holds now."))
        return
    one = st.selectbox(
        _("Token"),
        holding,
        format_func=lambda one: _("{name} ({account}, number {number})").format(
            name=one.name, account=one.account, number=one.id
        ),
        key="revoked-token",
    )
    st.button(
        _("End it now"),
        key="token-revoke",
        help=_("The program that holds it is refused from then on."),
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
    state = _("holds") if one.holds else _("ended") if one.revoked_at is None else _("revoked")
    return {
        _("For"): one.name,
        _("Acts for"): one.account,
        _("May"): ", ".join(_(_WORDS[scope]) for scope in one.scopes),
        _("Ends"): moment(one.over_at),
        _("Last used"): moment(one.used_at) if one.used_at else _("never"),
        _("State"): state,
        _("Made by"): one.made_by,
    }
