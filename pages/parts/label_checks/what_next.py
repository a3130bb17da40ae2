"""What to label next, and what more labels would bring."""

from typing import Any

import streamlit as st

from fetal.workbench.catalogue import scans
from fetal.workbench.label_quality import suspects
from fetal.workbench.label_quality.check_requests import CheckView
from pages.parts.app import app_state
from pages.parts.dataset import gallery
from pages.parts.models.figure_words import signed
from pages.parts.review import queue_choice
from pages.parts.shared.formatting import number, plain, tenths
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark, ngettext
from pages.parts.texts.library_sentences import in_readers_language

_SHOWN = 24
_HOW = mark(
    "First come scans of which the model is unsure, that look like nothing labelled yet and like "
    "none before them on the list, and planes with few labels. Label from the start of the list; "
    "work it out anew after some dozen labels."
)
_FORECAST = mark(
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
        st.success(_("All scans of the list have a label. Work it out anew."))
        return
    waiting = ngettext(
        "**{n} scan** of the list without a label.",
        "**{n} scans** of the list without a label, in the order in which labels teach most.",
        len(numbers),
    )
    st.markdown(waiting.format(n=customs.whole(len(numbers))), help=_(_HOW))
    st.button(
        _("Label them in this order"),
        key="label-next-queue",
        icon=":material/fact_check:",
        type="primary",
        on_click=queue_choice.read,
        args=(_("What to label next"), scans.ScanFilter(ids=tuple(numbers), reviewed=False)),
        kwargs={"as_listed": True},
    )
    chosen = scans.ScanFilter(ids=tuple(numbers[:_SHOWN]))
    found = {one.id: one for one in scans.scans(app_state.workbench(), chosen)}
    gallery.grid([found[one] for one in numbers[:_SHOWN] if one in found])


def forecast(figures: dict[str, Any]) -> None:
    """What so many more labels would bring, with the measured curve."""
    if "forecasts" not in figures:
        why = plain(in_readers_language(figures.get("too_few", "")))
        st.info(_("No forecast yet. {reason}").format(reason=why))
        return
    with st.container(key="stacked-forecast"):
        words, plot = st.columns([2, 3], gap="large")
    with words:
        st.markdown(_("**What more labels would bring**"), help=_(_FORECAST))
        st.dataframe(
            [
                {
                    _("More labels"): one["more"],
                    _("More right of 100"): signed(one["value"]),
                    _("Between"): _("{low} and {high}").format(
                        low=signed(one["low"]), high=signed(one["high"])
                    ),
                }
                for one in figures["forecasts"]
            ],
            hide_index=True,
            key="label-forecasts",
        )
        st.caption(
            _("Now {share} right on patients it has not seen, with {labels} to learn from.").format(
                share=tenths(figures["right"][-1]),
                labels=number(round(figures["sizes"][-1]), "label", "labels"),
            )
        )
    with plot:
        curve(figures)


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
                name=_("19 times in 20"),
                hoverinfo="skip",
            ),
            graph.Scatter(
                x=beyond,
                y=[now + one["value"] for one in ahead],
                name=_("forecast"),
                mode="lines+markers",
                line={"color": "#e69f00", "dash": "dot"},
            ),
            graph.Scatter(
                x=sizes,
                y=right,
                name=_("measured"),
                mode="lines+markers",
                line={"color": "#56b4e9"},
            ),
        ]
    )
    figure.update_xaxes(title=_("labels to learn from"), tickformat=",d")
    figure.update_yaxes(title=_("right answers"), tickformat=".1%")
    figure.update_layout(
        height=260,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    st.plotly_chart(figure, config={"displayModeBar": False}, key="label-curve")
