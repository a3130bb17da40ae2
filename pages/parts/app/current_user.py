"""Who is at the screen: asked once, kept for this browser and in no address."""

import streamlit as st

from pages.parts.app import app_state
from pages.parts.gate import identity
from pages.parts.texts import reader_locale
from pages.parts.texts.catalogue import _

_OLD_PARAMETER = "who"
"""Where older versions kept the name, and where bookmarks may still have one."""

_FIELD = "name"


def name() -> str:
    """The name of the person; empty until it has been given."""
    return app_state.session().who


def ask() -> None:
    """Ask for the name, unless it is known; the page waits until it has been given."""
    if _OLD_PARAMETER in st.query_params:
        del st.query_params[_OLD_PARAMETER]
    if name():
        return
    with st.container(key="welcome", width=560):
        st.title(_("Fetal planes"))
        st.write(
            _(
                "Drop ultrasound scans, see which plane the model recognises and where it looked, "
                "correct it, and train it on your corrections."
            )
        )
        with st.form("who-are-you"):
            st.text_input(
                _("Your name"),
                key=_FIELD,
                max_chars=80,
                autocomplete="name",
                help=_("It is kept with every label, training and promotion: who did what, when."),
            )
            # A click on the menu that follows at once ends the page, but not what a button calls.
            entered = st.form_submit_button(
                _("Begin"), type="primary", key="begin", on_click=_begin
            )
        if entered:
            st.error(_("Please give a name, so that your labels can be told from others’."))
    st.stop()


def _begin() -> None:
    app_state.session().who = " ".join(st.session_state[_FIELD].split())[:80]


def is_signed_in() -> bool:
    """Whether the person has an account, whose name stands with what is done."""
    return identity.signed_in() is not None


def forget() -> None:
    """Let somebody else sit down; what the page kept for this person goes."""
    app_state.session().who = ""
    chosen = reader_locale.chosen()
    st.session_state.clear()
    if chosen:
        reader_locale.choose(chosen)
