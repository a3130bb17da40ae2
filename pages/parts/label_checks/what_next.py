"""What to label next, and what more labels would bring."""

from typing import Any

import streamlit as st

from fetal.workbench.catalogue import scans
from fetal.workbench.label_quality import suspects
from fetal.workbench.label_quality.check_requests import CheckView
from pages.parts.app import app_state
from pages.parts.dataset import gallery
from pages.parts.review import queue_choice
from pages.parts.shared.formatting import number, tenths

_SHOWN = 24
_HOW = (
    "First come scans of which the model is unsure, that look like nothing labelled yet and like "
    "none before them on the list, and planes with few labels. Label from the start of the list; "
    "work it out anew after some dozen labels."
)
_FORECAST = (
    "Measured by learning from a part of the labels and asking about other patients, then drawn "
    "out. It holds for scans labelled in any order; in the order of this list fewer labels do as "
    "much. What comes lies within the range 19 times in 20."
)


def show(check: CheckView) -> None:
    """The forecast, the curve, and the start of the list.

    Args:
        check: the check that made the list; done.
    """
    forecast(check.result)
    numbers = suspects.waiting_scans(app_state.workbench(), check.id)
    if not numbers:
        st.success("All scans of the list have a label. Work it out anew.")
        return
    st.markdown(
        f"**{number(len(numbers), 'scan', 'scans')}** of the list without a label, in the order "
        "in which labels teach most.",
        help=_HOW,
    )
    st.button(
        "Label them in this order",
        key="label-next-queue",
        icon=":material/fact_check:",
        type="primary",
        on_click=queue_choice.read,
        args=("What to label next", scans.ScanFilter(ids=tuple(numbers), reviewed=False)),
        kwargs={"as_listed": True},
    )
    chosen = scans.ScanFilter(ids=tuple(numbers[:_SHOWN]))
    found = {one.id: one for one in scans.scans(app_state.workbench(), chosen)}
    gallery.grid([found[one] for one in numbers[:_SHOWN] if one in found])


def forecast(figures: dict[str, Any]) -> None:
    """What so many more labels would bring, with the measured curve."""
    if "forecasts" not in figures:
        st.info(f"No forecast yet. {figures.get('too_few', '')}")
        return
    words, plot = st.columns([2, 3], gap="large")
    with words:
        st.markdown("**What more labels would bring**", help=_FORECAST)
        st.dataframe(
            [
                {
                    "More labels": one["more"],
                    "More right of 100": points(one["value"]),
                    "Between": f"{points(one['low'])} and {points(one['high'])}",
                }
                for one in figures["forecasts"]
            ],
            hide_index=True,
            key="label-forecasts",
        )
        st.caption(
            f"Now {tenths(figures['right'][-1])} right on patients it has not seen, with "
            f"{figures['sizes'][-1]:,.0f} labels to learn from."
        )
    with plot:
        curve(figures)


def points(share: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return f"{100 * share:+.1f}".replace("-", "−")


def curve(figures: dict[str, Any]) -> None:
    """The measured curve and the forecast behind it."""
    import plotly.graph_objects as graph

    sizes, right = figures["sizes"], figures["right"]
    now, labels = right[-1], figures["scans"]
    ahead = figures["forecasts"]
    beyond = [labels + one["more"] for one in ahead]
    figure = graph.Figure(
        [
            graph.Scatter(
                x=[*beyond, *beyond[::-1]],
                y=[now + one["high"] for one in ahead] + [now + one["low"] for one in ahead[::-1]],
                fill="toself",
                mode="lines",
                line={"width": 0},
                fillcolor="rgba(230,159,0,0.25)",
                name="19 times in 20",
                hoverinfo="skip",
            ),
            graph.Scatter(
                x=beyond,
                y=[now + one["value"] for one in ahead],
                name="forecast",
                mode="lines+markers",
                line={"color": "#e69f00", "dash": "dot"},
            ),
            graph.Scatter(
                x=sizes,
                y=right,
                name="measured",
                mode="lines+markers",
                line={"color": "#56b4e9"},
            ),
        ]
    )
    figure.update_xaxes(title="labels to learn from", tickformat=",d")
    figure.update_yaxes(title="right answers", tickformat=".1%")
    figure.update_layout(
        height=260,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    st.plotly_chart(figure, config={"displayModeBar": False}, key="label-curve")
