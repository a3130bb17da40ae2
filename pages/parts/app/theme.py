"""The style sheet, and the colours that charts share with it."""

from html import escape
from pathlib import Path

import streamlit as st

from fetal import explain
from fetal.planes import PLANES, Plane
from pages.parts.texts.catalogue import _, mark

PLANE_COLOURS: dict[Plane, str] = dict(
    zip(PLANES, ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#b0b8ba"), strict=True)
)
"""Okabe and Ito’s palette (2008), which the colour-blind can tell apart."""

UNUSABLE_COLOUR = "#6d7a80"

ICON = Path(__file__).with_name("icon.svg")
"""The browser tab's picture; a named icon would be fetched from the network."""

_COLOUR_MAPS = {
    "cividis": mark("Cividis"),
    "viridis": mark("Viridis"),
    "inferno": mark("Inferno"),
    "magma": mark("Magma"),
}

_STYLE = Path(__file__).with_name("style.css")


def apply() -> None:
    """Bring the style sheet into the page."""
    st.html(_STYLE)


def colour_map_name(name: str) -> str:
    """What a person reads for one of `fetal.explain.COLOUR_MAPS`."""
    return _(_COLOUR_MAPS[name])


def colour_scale(colours: str) -> None:
    """Show what the colours mean, from little to much."""
    table = explain.colour_map(colours)[::17]
    stops = ",".join(f"rgb({red},{green},{blue})" for red, green, blue in table)
    about, little, much = map(
        escape, (_("Colour scale from little to much"), _("0 little"), _("much 1"))
    )
    st.html(
        f'<div class="scale" role="img" aria-label="{about}"><span>{little}</span>'
        f'<span class="strip" style="background:linear-gradient(90deg,{stops})"></span>'
        f"<span>{much}</span></div>"
    )
