"""The foot of every page: what this program is not, and who is at the screen."""

import streamlit as st

from pages.parts.app import browser, current_user
from pages.parts.review import reader
from pages.parts.shared import own_password
from pages.parts.shared.formatting import plain


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
            "For research and quality work. **Not a medical device**: do not use it for diagnosis "
            "or treatment.",
            width="content",
        )
        if who := current_user.name():
            has_account = current_user.is_signed_in()
            if has_account:
                own_password.show()
            st.button(
                f"{plain(who)} · {'sign out' if has_account else 'not you?'}",
                key="not-you",
                type="tertiary",
                icon=":material/person:",
                on_click=sign_out if has_account else stand_up,
            )


def sign_out() -> None:
    """Sign the person out; the scan that was looked at is free for others."""
    reader.leave()
    browser.leave()


def stand_up() -> None:
    """Let somebody else sit down; the scan that was looked at is free for others."""
    reader.leave()
    current_user.forget()
