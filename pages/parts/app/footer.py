"""The foot of every page: what this program is not, and who is at the screen."""

import streamlit as st

from pages.parts.app import browser, current_user
from pages.parts.review import reader
from pages.parts.shared import own_password
from pages.parts.shared.formatting import plain
from pages.parts.texts import reader_locale
from pages.parts.texts.catalogue import _
from pages.parts.texts.languages import LANGUAGES

_LANGUAGE = "language"


def show() -> None:
    """Show the foot of the page."""
    st.divider()
    with st.container(
        key="footer",
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
    ):
        st.caption(
            _(
                "For research and quality work. **Not a medical device**: do not use it for "
                "diagnosis or treatment."
            ),
            width="content",
        )
        _language()
        if who := current_user.name():
            has_account = current_user.is_signed_in()
            if has_account:
                own_password.show()
            words = _("{who} · sign out") if has_account else _("{who} · not you?")
            st.button(
                words.format(who=plain(who)),
                key="not-you",
                type="tertiary",
                icon=":material/person:",
                on_click=sign_out if has_account else stand_up,
            )


def _language() -> None:
    """Let the reader choose the language; at first it is the browser's."""
    languages = list(LANGUAGES)
    st.session_state[_LANGUAGE] = reader_locale.current().language
    # No field to type in: after a note, Tab leads here, and the keys of Review have to go on.
    st.segmented_control(
        _("Language"),
        languages,
        format_func=LANGUAGES.__getitem__,
        key=_LANGUAGE,
        label_visibility="collapsed",
        width="content",
        on_change=_choose_language,
    )


def _choose_language() -> None:
    # A click on the chosen one takes the choice away.
    if chosen := st.session_state[_LANGUAGE]:
        reader_locale.choose(chosen)


def sign_out() -> None:
    """Sign the person out; the scan that was looked at is free for others."""
    reader.leave()
    browser.leave()


def stand_up() -> None:
    """Let somebody else sit down; the scan that was looked at is free for others."""
    reader.leave()
    current_user.forget()
