"""Where a person changes the own password, at the foot of every page."""

import streamlit as st

from fetal.workbench.accounts import own_password
from fetal.workbench.accounts.guess_limits import TooManyGuessesError
from fetal.workbench.accounts.password_sign_in import WrongPasswordError
from fetal.workbench.accounts.passwords import SHORTEST, WeakPasswordError
from fetal.workbench.accounts.people import AccountError
from pages.parts.app import app_state
from pages.parts.gate import identity
from pages.parts.texts.catalogue import _

_PLACE = "own-password"
_CHANGED = "own-password-changed"


def show() -> None:
    """Show it, where the person signs in with a password of this program."""
    if not own_password.has_password(app_state.workbench()):
        return
    with st.popover(_("Password"), icon=":material/key:", type="tertiary", key="own-password"):
        app_state.show_told(_PLACE)
        if st.session_state.pop(_CHANGED, False):
            st.success(_("Your password is changed. Other browsers are signed out."))
        _form()


def _form() -> None:
    with st.form("own-password-form", border=False, clear_on_submit=True):
        st.text_input(
            _("Password until now"),
            key="own-password-old",
            type="password",
            autocomplete="current-password",
        )
        st.text_input(
            _("New password"),
            key="own-password-new",
            type="password",
            autocomplete="new-password",
            help=_(
                "At least {shortest} characters, such as a few words that only you would put "
                "together."
            ).format(shortest=SHORTEST),
        )
        st.text_input(
            _("New password once more"),
            key="own-password-again",
            type="password",
            autocomplete="new-password",
        )
        st.form_submit_button(
            _("Change it"), type="primary", key="own-password-keep", on_click=keep
        )


def keep() -> None:
    """Change the password to what was typed."""
    given = st.session_state
    if given["own-password-new"] != given["own-password-again"]:
        app_state.tell(_PLACE, _("The new password was typed in two ways. Type it twice the same."))
        return
    try:
        own_password.change_own_password(
            app_state.workbench(),
            given["own-password-old"],
            given["own-password-new"],
            keep=identity.shown_digest() or "",
        )
    except WrongPasswordError:
        app_state.tell(_PLACE, _("The password until now is another one. Nothing was changed."))
    except (AccountError, TooManyGuessesError, WeakPasswordError) as error:
        app_state.tell(_PLACE, str(error))
    else:
        given[_CHANGED] = True
