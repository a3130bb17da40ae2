"""Plots: how many scans of each plane and patient, learning curves, confusion of planes."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from fetal.planes import PLANES
from fetal.workbench import dataset
from fetal.workbench.views import ScanFilter
from pages.parts import desk

_PATIENTS = 20
_WHOLE_NUMBERS = 10
_CALM = {"displayModeBar": False}
_MARGIN = {"l": 10, "r": 10, "t": 40, "b": 10}


def counts(chosen: ScanFilter) -> None:
    """How many scans of each plane and of each patient fit the filter, labelled and not."""
    bench = desk.workbench()
    planes = dataset.counts_per_plane(bench, chosen)
    patients = dataset.counts_per_patient(bench, chosen)
    if patients.empty:
        st.info("Nothing to count yet.")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Scans of each plane**")
        st.caption("By the label where there is one, otherwise by what the model says.")
        _stacked(planes.iloc[::-1], "plot-planes", height=330)
    with right:
        st.markdown(f"**Scans of each patient** ({len(patients):,} patients)")
        most = patients.head(_PATIENTS)
        st.caption(
            f"The {len(most)} patients with most scans."
            if len(most) < len(patients)
            else "Patients go by a code; nobody’s name is stored."
        )
        _stacked(most.iloc[::-1], "plot-patients", height=max(200, 60 + 22 * len(most)))


def _stacked(frame: pd.DataFrame, key: str, height: int) -> None:
    import plotly.graph_objects as graph

    figure = graph.Figure(
        [
            graph.Bar(x=frame[column], y=frame.index, name=column, orientation="h", marker_color=c)
            for column, c in zip(frame.columns, ("#4db6a4", "#57666d"), strict=True)
        ]
    )
    figure.update_layout(
        barmode="stack",
        height=height,
        margin={**_MARGIN, "t": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
    )
    few = frame.sum(axis=1).max() <= _WHOLE_NUMBERS
    figure.update_xaxes(title="scans", tickformat=",d", dtick=1 if few else None)
    st.plotly_chart(figure, config=_CALM, key=key)


def curves(points: Sequence[dict[str, Any]], key: str) -> None:
    """Loss and accuracy after each pass over the scans."""
    import plotly.graph_objects as graph
    from plotly.subplots import make_subplots

    figure = make_subplots(
        cols=2, subplot_titles=("Error (loss): lower is better", "Right answers (accuracy)")
    )
    passes = list(range(1, len(points) + 1))
    lines = (
        ("loss", "learning", "#56b4e9", 1),
        ("val_loss", "held-back patients", "#e69f00", 1),
        ("accuracy", "learning", "#56b4e9", 2),
        ("val_accuracy", "held-back patients", "#e69f00", 2),
    )
    for name, words, colour, column in lines:
        figure.add_trace(
            graph.Scatter(
                x=passes,
                y=[point.get(name) for point in points],
                name=words,
                mode="lines+markers",
                line={"color": colour, "dash": "dot" if name.startswith("val") else "solid"},
                showlegend=column == 1,
            ),
            row=1,
            col=column,
        )
    figure.update_xaxes(title="pass over the scans (epoch)", dtick=max(1, len(points) // 10))
    figure.update_yaxes(tickformat=".0%", range=[0, 1.03], col=2)
    figure.update_layout(height=300, margin=_MARGIN, legend={"orientation": "h", "y": -0.35})
    st.plotly_chart(figure, config=_CALM, key=key)


def confusion(matrix: Sequence[Sequence[int]], key: str) -> None:
    """How often each plane was taken for which."""
    import plotly.graph_objects as graph

    names = [plane.value.capitalize() for plane in PLANES]
    shares = [[cell / max(1, sum(row)) for cell in row] for row in matrix]
    figure = graph.Figure(
        graph.Heatmap(
            z=shares,
            x=names,
            y=names,
            text=[[str(cell) if cell else "" for cell in row] for row in matrix],
            texttemplate="%{text}",
            colorscale="Cividis",
            zmin=0,
            zmax=1,
            showscale=False,
            hovertemplate="labelled %{y}, model says %{x}: %{text}<extra></extra>",
        )
    )
    figure.update_layout(height=330, margin={**_MARGIN, "t": 10})
    figure.update_xaxes(title="model says")
    figure.update_yaxes(title="labelled", autorange="reversed")
    st.plotly_chart(figure, config=_CALM, key=key)
