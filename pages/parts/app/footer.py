"""The foot of every page: what this program is not, and who is at the screen."""

import streamlit as st

from pages.parts.app import current_user
from pages.parts.review import reader
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
            st.button(
                f"{plain(who)} · not you?",
                key="not-you",
                type="tertiary",
                icon=":material/person:",
                on_click=stand_up,
            )


def stand_up() -> None:
    """Let somebody else sit down; the scan that was looked at is free for others."""
    reader.leave()
    current_user.forget()
