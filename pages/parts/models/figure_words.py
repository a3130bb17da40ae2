"""How measured figures and their intervals are put."""

from typing import Any

import streamlit as st

from fetal.metrics import Interval
from fetal.planes import Plane
from pages.parts.shared.formatting import label, plain, tenths
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _


def said(figure: Interval | None) -> str:
    """A share with its interval, or a dash where none is claimed."""
    return "–" if figure is None else f"{tenths(figure.value)} {brackets(figure)}"


def brackets(figure: Interval) -> str:
    """An interval as a reader takes it; none can be drawn where nothing was wrong."""
    if figure.low == 1:
        return _("(no error seen)")
    return points(figure)


def points(found: Interval) -> str:
    """The interval of a share in percent, or of a difference in percentage points."""
    low, high = (customs.decimal(100 * end, 1) for end in (found.low, found.high))
    return _("({low} to {high})").format(low=low, high=high)


def taken_for(plane: Plane, named: Plane) -> str:
    """What a cell of a confusion matrix holds, as the name of a queue."""
    return _("{plane}, taken for {named}").format(plane=label(plane), named=label(named))


def signed(share: float) -> str:
    """A difference of shares in percentage points, with its sign where it is one."""
    change = round(100 * share, 1)
    # A minus is not a hyphen, and nothing has no sign.
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return sign + customs.decimal(abs(change), 1)


def in_points(share: float) -> str:
    """A difference of shares that has no direction, such as a calibration error."""
    return _("{value} points").format(value=customs.decimal(100 * share, 1))


def headline_figure(title: str, value: str, below: str, meaning: str) -> None:
    """A figure with its interval, as wide as its title."""
    with st.container(width="content", gap="xxsmall"):
        st.metric(title, value, help=plain(meaning))
        st.caption(below)


def per_plane_columns() -> dict[str, Any]:
    """What the columns of a table of planes mean."""
    return {
        _("Found"): st.column_config.TextColumn(
            help=_("Of the scans of this plane, how many it found (recall).")
        ),
        _("Right when named"): st.column_config.TextColumn(
            help=_("Of the scans it called this plane, how many are (precision).")
        ),
        _("Told apart"): st.column_config.TextColumn(
            help=_(
                "Of two scans, one of this plane and one of another: how often the first gets "
                "the higher probability of it (area under the ROC curve, AUC). 50 % is chance."
            )
        ),
    }
