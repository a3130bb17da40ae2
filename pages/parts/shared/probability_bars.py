"""The probability of every plane, as bars."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from fetal.planes import PLANES, Plane
from pages.parts.app.theme import PLANE_COLOURS
from pages.parts.shared.formatting import label, percent
from pages.parts.texts.catalogue import _


def verdict(plane: Plane, confidence: float) -> None:
    """Show the predicted plane and how probable it is."""
    sure = _("{share} probable").format(share=percent(confidence))
    st.html(
        f'<div class="plane"><span class="dot" style="background:{PLANE_COLOURS[plane]}"></span>'
        f'{escape(label(plane))}<span class="sure">{escape(sure)}</span></div>'
    )


def probabilities(shares: Mapping[Plane, float]) -> None:
    """Show one bar for every plane, the most probable first."""
    rows = []
    for position, plane in enumerate(sorted(PLANES, key=lambda p: -shares.get(p, 0.0))):
        share = shares.get(plane, 0.0)
        standing = "first" if position == 0 else "rest"
        rows.append(
            f'<span class="name {standing}">{escape(label(plane))}</span>'
            f'<span class="track"><span class="fill" style="width:{100 * share:.1f}%;'
            f'background:{PLANE_COLOURS[plane]}"></span></span>'
            f'<span class="value {standing}">{percent(share)}</span>'
        )
    st.html(f'<div class="bars">{"".join(rows)}</div>')
