"""How measured figures and their intervals are put."""

from typing import Any

import streamlit as st

from fetal.metrics import Interval
from pages.parts.shared.formatting import plain, tenths


def said(figure: Interval | None) -> str:
    """A share with its interval, or a dash where none is claimed."""
    return "–" if figure is None else f"{tenths(figure.value)} {brackets(figure)}"


def brackets(figure: Interval) -> str:
    """An interval as a reader takes it; none can be drawn where nothing was wrong."""
    if figure.low == 1:
        return "(no error seen)"
    return f"({100 * figure.low:.1f} to {100 * figure.high:.1f})"


def points(gap: Interval) -> str:
    """An interval of a difference in percentage points."""
    return f"({100 * gap.low:.1f} to {100 * gap.high:.1f})"


def headline_figure(title: str, value: str, below: str, meaning: str) -> None:
    """A figure with its interval, as wide as its title."""
    with st.container(width="content", gap="xxsmall"):
        st.metric(title, value, help=plain(meaning))
        st.caption(below)


def per_plane_columns() -> dict[str, Any]:
    """What the columns of a table of planes mean."""
    return {
        "Found": st.column_config.TextColumn(
            help="Of the scans of this plane, how many it found (recall)."
        ),
        "Right when named": st.column_config.TextColumn(
            help="Of the scans it called this plane, how many are (precision)."
        ),
        "Told apart": st.column_config.TextColumn(
            help="Of two scans, one of this plane and one of another: how often the first gets "
            "the higher probability of it (area under the ROC curve, AUC). 50 % is chance."
        ),
    }
