"""Accounts: a table of them, a form for a new one, and what can be changed of one."""

import streamlit as st

from fetal.workbench.accounts import people
from fetal.workbench.accounts.passwords import SHORTEST, WeakPasswordError
from fetal.workbench.core.permissions import Role
from fetal.workbench.single_sign_on import proxy
from pages.parts.app import app_state
from pages.parts.shared.formatting import moment

_PASSWORD = f"At least {SHORTEST} characters. Tell it to the person yourself, not by e-mail."


def show() -> None:
    """Show all accounts, and what can be done with them."""
    known = people.people(app_state.workbench())
    st.dataframe(
        [
            {
                "Name": person.shown,
                "Signs in as": person.name,
                "Roles": ", ".join(person.roles) or "none: cannot sign in",
                "Signs in with": ways_of(person),
                "Signed in": person.signed_in,
                "Last seen": moment(person.seen_at) if person.seen_at else "never",
                "State": "closed" if person.disabled else "open",
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
    ways = ["password"] if person.has_password else []
    ways += ["hospital account"] if person.is_joined else []
    return " or ".join(ways) or ("proxy" if proxy.is_set() else "nothing yet")


def add() -> None:
    """The form for a new account."""
    st.markdown("**A new person**")
    with st.form("new-person", border=False, clear_on_submit=True):
        st.text_input("Full name", key="new-shown", max_chars=80, help="Stands with the labels.")
        st.text_input("Signs in as", key="new-name", max_chars=80, placeholder="ana.sousa")
        st.multiselect("Roles", list(Role), key="new-roles")
        st.text_input("Password", key="new-password", type="password", help=_PASSWORD)
        st.form_submit_button("Add", type="primary", key="new-add", on_click=keep_new)


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
        "**Somebody who is there**", help="What a person did stays, whatever you change here."
    )
    person = st.selectbox(
        "Person", known, format_func=lambda one: f"{one.shown} ({one.name})", key="changed-person"
    )
    roles = st.multiselect(
        "Roles", list(Role), default=list(person.roles), key=f"roles-{person.id}"
    )
    st.button(
        "Keep these roles",
        key="keep-roles",
        disabled=set(roles) == set(person.roles),
        on_click=keep_roles,
        args=(person.name, roles),
    )
    with st.form("new-password-of", border=False, clear_on_submit=True):
        st.text_input("New password", key="changed-password", type="password", help=_PASSWORD)
        st.form_submit_button(
            "Give the new password",
            key="keep-password",
            on_click=keep_password,
            args=(person.name,),
        )
    out, close = st.columns(2)
    out.button(
        "Sign out everywhere",
        key="sign-out-person",
        disabled=not person.signed_in,
        width="stretch",
        on_click=sign_out,
        args=(person.name,),
    )
    close.button(
        "Open the account again" if person.disabled else "Close the account",
        key="close-person",
        width="stretch",
        help="Whoever is signed in with it is signed out. What the person did stays.",
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
