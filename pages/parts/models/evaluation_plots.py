"""Plots of an evaluation: whether stated probabilities hold, and how right the surest scans are."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from fetal.metrics import Coverage, Interval, ReliabilityBin
from pages.parts.shared import confusion_plot
from pages.parts.shared.formatting import number, percent, tenths
from pages.parts.texts.catalogue import _

_CALM = {"displayModeBar": False}
_LAYOUT = {"height": 330, "margin": {"l": 10, "r": 10, "t": 10, "b": 10}, "showlegend": False}
_COLOUR = "#4db6a4"
_MOST, _LEAST = 22, 8
_STEADY = 0.1


def reliability(bins: Sequence[ReliabilityBin], key: str, on_pick: Callable[[int], None]) -> None:
    """Stated probability against the share that was right.

    Args:
        bins: the groups.
        key: the plot's key.
        on_pick: called with the position of a group whose point is clicked.
    """
    import plotly.graph_objects as graph

    most = max(one.n for one in bins)
    figure = graph.Figure(
        [
            graph.Scatter(
                x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dash", "color": "#9fb0b3"},
                hoverinfo="skip",
            ),
            graph.Scatter(
                x=[one.confidence for one in bins],
                y=[one.accuracy.value for one in bins],
                error_y=_whiskers([one.accuracy for one in bins]),
                mode="markers",
                marker={
                    "size": [_LEAST + (_MOST - _LEAST) * one.n / most for one in bins],
                    "color": _COLOUR,
                    "opacity": 1,
                },
                customdata=[[position] for position in range(len(bins))],
                hovertext=[
                    _("stated {stated}, right {right} of {scans}").format(
                        stated=percent(one.confidence),
                        right=percent(one.accuracy.value),
                        scans=number(one.n, "scan", "scans"),
                    )
                    for one in bins
                ],
                hovertemplate="%{hovertext}<extra></extra>",
            ),
        ]
    )  # fmt: skip

    def bin_picked() -> None:
        if (position := confusion_plot.picked(key)) is not None:
            on_pick(position[0])

    figure.update_xaxes(title=_("stated probability"), tickformat=".0%", range=[0, 1.07])
    figure.update_yaxes(title=_("share right"), tickformat=".0%", range=[-0.05, 1.08])
    figure.update_layout(**_LAYOUT)
    st.plotly_chart(figure, config=_CALM, key=key, on_select=bin_picked, selection_mode="points")


def coverage(curve: Coverage, key: str) -> None:
    """Accuracy of the surest scans against their share of all scans."""
    import plotly.graph_objects as graph

    steps = curve.steps
    figure = graph.Figure(
        [
            graph.Scatter(
                x=curve.shares, y=curve.accuracy, mode="lines", line={"color": _COLOUR},
                customdata=[
                    _surest(share, right)
                    for share, right in zip(curve.shares, curve.accuracy, strict=True)
                ],
                hovertemplate="%{customdata}<extra></extra>",
            ),
            graph.Scatter(
                x=[step.share for step in steps],
                y=[step.accuracy.value for step in steps],
                error_y=_whiskers([step.accuracy for step in steps]),
                mode="markers",
                marker={"size": 8, "color": _COLOUR},
                customdata=[
                    _surest(step.share, step.accuracy.value)
                    for step in steps
                ],
                hovertemplate="%{customdata}<extra></extra>",
            ),
        ]
    )  # fmt: skip
    # Among the very first scans one error is a plunge that would flatten all the rest.
    steady = [
        right for share, right in zip(curve.shares, curve.accuracy, strict=True) if share >= _STEADY
    ]
    lowest = min([*steady, *(step.accuracy.low for step in steps)])
    figure.update_xaxes(
        title=_("share of scans answered, surest first"), tickformat=".0%", range=[0, 1.07]
    )
    figure.update_yaxes(
        title=_("share right"), tickformat=".0%", range=[min(0.9, lowest - 0.02), 1.005]
    )
    figure.update_layout(**_LAYOUT)
    st.plotly_chart(figure, config=_CALM, key=key)


def _surest(share: float, right: float) -> str:
    return _("surest {share}: {right} right").format(share=percent(share), right=tenths(right))


def _whiskers(found: Sequence[Interval]) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [one.high - one.value for one in found],
        "arrayminus": [one.value - one.low for one in found],
        "color": _COLOUR,
    }
