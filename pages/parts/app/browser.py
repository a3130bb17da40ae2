"""What every page does in the browser: own words for a lost program, and text before clicks."""

from pathlib import Path

import streamlit as st

_COMPONENT = st.components.v2.component(
    "fetal_browser", js=Path(__file__).with_name("browser.js").read_text(encoding="utf-8")
)


def prepare() -> None:
    """Bring it into the page."""
    _COMPONENT(key="in-the-browser", height="content")
