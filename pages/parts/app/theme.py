"""The style sheet, and the colours that charts share with it."""

from pathlib import Path

import streamlit as st

from fetal.planes import PLANES, Plane

PLANE_COLOURS: dict[Plane, str] = dict(
    zip(PLANES, ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#b0b8ba"), strict=True)
)
"""Okabe and Ito’s palette (2008), which the colour-blind can tell apart."""

UNUSABLE_COLOUR = "#6d7a80"

ICON = Path(__file__).with_name("icon.svg")
"""The browser tab's picture; a named icon would be fetched from the network."""

_STYLE = Path(__file__).with_name("style.css")


def apply() -> None:
    """Bring the style sheet into the page."""
    st.html(_STYLE)
