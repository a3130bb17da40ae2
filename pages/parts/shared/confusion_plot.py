"""What was taken for what, as a plot whose cells can be clicked."""

from collections.abc import Callable, Sequence

import streamlit as st

from fetal.planes import PLANES, Plane
from pages.parts.shared.formatting import label
from pages.parts.texts.catalogue import _

_CALM = {"displayModeBar": False}


def picked(key: str) -> list[int] | None:
    """Return what stands behind the point of a plot that was clicked; None where none was."""
    points = st.session_state[key].selection.points
    return [int(one) for one in points[0]["customdata"]] if points else None


def confusion(
    matrix: Sequence[Sequence[int]],
    key: str,
    on_pick: Callable[[Plane, Plane], None] | None = None,
) -> None:
    """How often each plane was taken for which.

    Args:
        matrix: the counts, by the plane that a scan shows and by the one that was said.
        key: the plot's key.
        on_pick: called with both planes when a cell that holds scans is clicked.
    """
    import plotly.graph_objects as graph

    names = [label(plane) for plane in PLANES]
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
    figure.update_layout(height=330, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    figure.update_xaxes(title=_("model says"))
    figure.update_yaxes(title=_("labelled"), autorange="reversed")
    if on_pick is None:
        st.plotly_chart(figure, config=_CALM, key=key)
        return
    # Plotly tells of clicks on points, not on the cells of a heat map.
    cells = [(i, j) for i in range(len(names)) for j in range(len(names)) if matrix[i][j]]
    figure.add_trace(
        graph.Scatter(
            x=[names[j] for _, j in cells],
            y=[names[i] for i, _ in cells],
            customdata=cells,
            mode="markers",
            marker={"symbol": "square", "size": 30, "opacity": 0},
            unselected={"marker": {"opacity": 0}},
            showlegend=False,
            # It tells of no click on what is skipped altogether.
            hoverinfo="none",
        )
    )

    def cell_picked() -> None:
        if (cell := picked(key)) is not None:
            on_pick(PLANES[cell[0]], PLANES[cell[1]])

    st.plotly_chart(figure, config=_CALM, key=key, on_select=cell_picked, selection_mode="points")
