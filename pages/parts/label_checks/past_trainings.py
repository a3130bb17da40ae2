"""What past trainings brought: right answers on the locked test set by the scans learnt from."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from fetal.metrics import Interval
from fetal.workbench.retraining import service
from fetal.workbench.retraining.service import RunView
from pages.parts.app import app_state
from pages.parts.shared.formatting import number, plain_in_chart, with_interval
from pages.parts.texts.catalogue import _, mark
from pages.parts.train.measured_runs import measured

MOST = 16
"""So many trainings are drawn, the newest."""

_ABOUT = mark(
    "Each point is one training: how many labelled scans it learnt from, and what share of the "
    "locked test set its model reads rightly. The true share lies within the bar 19 times in 20. "
    "All are measured on the same scans, which none of them has learnt from. Trainings may differ "
    "in more than their scans: in their settings, and in the model they came from."
)
_COLOUR = "#56b4e9"

Point = tuple[int, Interval, RunView]


def show() -> None:
    """The curve of past trainings; nothing before the first one has made a model."""
    every = service.runs(app_state.workbench())
    runs = [run for run in every if run.model_id is not None and run.counts.get("scans")][:MOST]
    if not runs:
        return
    tested = measured(runs)
    st.markdown(_("**What past trainings brought**"), help=_(_ABOUT))
    if tested is None:
        return
    found = [
        (int(run.counts["scans"]), tested.accuracy[run.id], run)
        for run in runs
        if run.id in tested.accuracy
    ]
    if not found:
        st.caption(_("No model of a training has read the locked test set yet."))
        return
    found.sort(key=lambda point: (point[0], point[2].id))
    st.plotly_chart(drawn(found), config={"displayModeBar": False}, key="past-trainings")
    st.caption(
        _("Measured on {scans} of {patients}.").format(
            scans=number(tested.scans, "scan", "scans"),
            patients=number(tested.patients, "patient", "patients"),
        )
    )


def drawn(found: Sequence[Point]) -> Any:
    """The figure: a point with its interval for each training.

    Args:
        found: how many labelled scans each training learnt from, its share of right answers, and
            the training; by scans, then in the order in which they were asked for.
    """
    import plotly.graph_objects as graph

    shares = [share for _scans, share, _run in found]
    figure = graph.Figure(
        graph.Scatter(
            x=[scans for scans, _share, _run in found],
            y=[one.value for one in shares],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [one.high - one.value for one in shares],
                "arrayminus": [one.value - one.low for one in shares],
                "color": _COLOUR,
            },
            mode="lines+markers",
            line={"color": _COLOUR, "width": 1, "dash": "dot"},
            marker={"size": 9},
            hovertext=[
                plain_in_chart(
                    _("Training {number}: {share} right, learnt from {scans}").format(
                        number=run.id,
                        share=with_interval(share),
                        scans=number(scans, "scan", "scans"),
                    )
                )
                for scans, share, run in found
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    figure.update_xaxes(title=_("labelled scans it learnt from"), tickformat=",d")
    figure.update_yaxes(title=_("right answers"), tickformat=".0%")
    figure.update_layout(height=260, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure
