"""How the program is: one line for each thing that an administrator looks at."""

import streamlit as st

from fetal.workbench.accounts.health import health
from pages.parts.app import app_state
from pages.parts.shared.formatting import plain
from pages.parts.texts.library_sentences import in_readers_language


def show() -> None:
    """Show how the program is."""
    for line in health(app_state.workbench()):
        icon = ":material/check_circle:" if line.well else ":material/error:"
        what, found = st.columns([1, 3])
        what.markdown(f"{icon} **{plain(in_readers_language(line.what))}**")
        found.markdown(plain(in_readers_language(line.found)))
