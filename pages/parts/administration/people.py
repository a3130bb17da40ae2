"""Accounts: a table of them, a form for a new one, and what can be changed of one."""

import streamlit as st

from fetal.workbench.accounts import people
from fetal.workbench.accounts.passwords import SHORTEST, WeakPasswordError
from fetal.workbench.core.permissions import Role
from fetal.workbench.single_sign_on import proxy
from pages.parts.app import app_state
from pages.parts.shared.formatting import moment
from pages.parts.texts.catalogue import _, mark

ROLES = {
    Role.READER: mark("reader"),
    Role.SENIOR_READER: mark("senior reader"),
    Role.DATA_MANAGER: mark("data manager"),
    Role.TRAINER: mark("trainer"),
    Role.ADMINISTRATOR: mark("administrator"),
}
"""What each role is called."""


def show() -> None:
    """Show all accounts, and what can be done with them."""
    known = people.people(app_state.workbench())
    st.dataframe(
        [
            {
                _("Name"): person.shown,
                _("Signs in as"): person.name,
                _("Roles"): ", ".join(_(ROLES[one]) for one in person.roles)
                or _("none: cannot sign in"),
                _("Signs in with"): ways_of(person),
                _("Signed in"): person.signed_in,
                _("Last seen"): moment(person.seen_at) if person.seen_at else _("never"),
                _("State"): _("closed") if person.disabled else _("open"),
            }
            for person in known
        ],
        hide_index=True,
        width="stretch",
    )
    app_state.show_told("people")
    new, change = st.columns(2, gap="large")
    with new.container(border=True):
        add()
    with change.container(border=True):
        alter(known)


def ways_of(person: people.Person) -> str:
    """How a person may sign in, in words."""
    if person.has_password and person.is_joined:
        return _("password or hospital account")
    if person.has_password:
        return _("password")
    if person.is_joined:
        return _("hospital account")
    return _("proxy") if proxy.is_set() else _("nothing yet")


def about_passwords() -> str:
    """What a password has to be, and how it reaches its person."""
    return _("At least {count} characters. Tell it to the person yourself, not by e-mail.").format(
        count=SHORTEST
    )


def add() -> None:
    """The form for a new account."""
    st.markdown(_("**A new person**"))
    with st.form("new-person", border=False, clear_on_submit=True):
        st.text_input(
            _("Full name"), key="new-shown", max_chars=80, help=_("Stands with the labels.")
        )
        st.text_input(_("Signs in as"), key="new-name", max_chars=80, placeholder="ana.sousa")
        st.multiselect(
            _("Roles"),
            list(Role),
            format_func=lambda one: _(ROLES[one]),
            key="new-roles",
            placeholder=_("Choose"),
        )
        st.text_input(_("Password"), key="new-password", type="password", help=about_passwords())
        st.form_submit_button(_("Add"), type="primary", key="new-add", on_click=keep_new)


def keep_new() -> None:
    """Make the account."""
    given = st.session_state
    try:
        people.add_person(
            app_state.workbench(),
            given["new-name"],
            given["new-password"],
            given["new-roles"],
            shown=given["new-shown"],
        )
    except (people.AccountError, WeakPasswordError) as error:
        app_state.tell("people", str(error))


def alter(known: list[people.Person]) -> None:
    """What can be changed of one account."""
    st.markdown(
        _("**Somebody who is there**"), help=_("What a person did stays, whatever you change here.")
    )
    person = st.selectbox(
        _("Person"),
        known,
        format_func=lambda one: f"{one.shown} ({one.name})",
        key="changed-person",
    )
    roles = st.multiselect(
        _("Roles"),
        list(Role),
        default=list(person.roles),
        format_func=lambda one: _(ROLES[one]),
        key=f"roles-{person.id}",
        placeholder=_("Choose"),
    )
    st.button(
        _("Keep these roles"),
        key="keep-roles",
        disabled=set(roles) == set(person.roles),
        on_click=keep_roles,
        args=(person.name, roles),
    )
    with st.form("new-password-of", border=False, clear_on_submit=True):
        st.text_input(
            _("New password"), key="changed-password", type="password", help=about_passwords()
        )
        st.form_submit_button(
            _("Give the new password"),
            key="keep-password",
            on_click=keep_password,
            args=(person.name,),
        )
    out, close = st.columns(2)
    out.button(
        _("Sign out everywhere"),
        key="sign-out-person",
        disabled=not person.signed_in,
        width="stretch",
        on_click=sign_out,
        args=(person.name,),
    )
    close.button(
        _("Open the account again") if person.disabled else _("Close the account"),
        key="close-person",
        width="stretch",
        help=_("Whoever is signed in with it is signed out. What the person did stays."),
        on_click=keep_closed,
        args=(person.name, not person.disabled),
    )


def keep_roles(name: str, roles: list[Role]) -> None:
    """Give an account these roles."""
    try:
        people.set_roles(app_state.workbench(), name, roles)
    except people.AccountError as error:
        app_state.tell("people", str(error))


def keep_password(name: str) -> None:
    """Give an account the password that was typed."""
    try:
        people.set_password(app_state.workbench(), name, st.session_state["changed-password"])
    except (people.AccountError, WeakPasswordError) as error:
        app_state.tell("people", str(error))


def keep_closed(name: str, closed: bool) -> None:
    """Close an account, or open it again."""
    try:
        people.set_disabled(app_state.workbench(), name, closed)
    except people.AccountError as error:
        app_state.tell("people", str(error))


def sign_out(name: str) -> None:
    """End all sign-ins of an account."""
    people.sign_out(app_state.workbench(), name)
