"""Plots: how many scans of each plane and patient, learning curves, confusion of planes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from fetal.planes import PLANES
from fetal.training.events import EpochDone
from fetal.workbench.catalogue import scan_table
from fetal.workbench.catalogue.scans import UNUSABLE, ScanFilter
from pages.parts.app import app_state
from pages.parts.shared import confusion_plot
from pages.parts.shared.formatting import counts_in_words, plain_in_chart
from pages.parts.shared.formatting import label as label_words
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.customs import whole

if TYPE_CHECKING:
    import plotly.graph_objects as graph

RUN_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#0072b2", "#999999")
"""One for each training: of Okabe and Ito’s palette (2008), those seen on dark and on light."""

_MARKS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "triangle-down")
_AXIS_WIDTH = 17
_ASIDE = 0.012
_ROOM = 0.1
_TOP = 1.22
_BESIDE: dict[str, Any] = {"xanchor": "left", "xshift": 4, "yanchor": "bottom", "yshift": 6}
_PATIENTS, _WHOLE_NUMBERS = 20, 10
_CALM = {"displayModeBar": False}
_NEW_STAGE = mark(
    "A dashed line: here the next stage begins, in which other layers learn. The error of learning "
    "may jump there, because it counts other things from then on: how far the model moves away "
    "from the one that it started from, and scans that are varied more. Across a line compare only "
    "the held-back patients, who are measured in the same way all along."
)
_MARGIN = {"l": 10, "r": 10, "t": 40, "b": 10}


def counts(chosen: ScanFilter, on_pick: Callable[[str, ScanFilter], None] | None = None) -> None:
    """How many scans of each plane and of each patient fit the filter, labelled and not.

    Args:
        chosen: the filter.
        on_pick: called with words and a filter when the bar of a plane is clicked.
    """
    workbench = app_state.workbench()
    planes = scan_table.counts_per_plane(workbench, chosen)
    counted = scan_table.counts_per_patient(workbench, chosen, _PATIENTS)
    most = counted.most
    if most.empty:
        st.info(_("Nothing to count yet."))
        return

    def bar_picked() -> None:
        if on_pick is None or (bar := confusion_plot.picked("plot-planes")) is None:
            return
        title, labelled = planes.index[::-1][bar[0]], bar[1] == 0
        value = next((one.value for one in PLANES if one.title == title), UNUSABLE)
        words = (_("{plane}, labelled") if labelled else _("{plane}, not labelled")).format(
            plane=label_words(value)
        )
        on_pick(words, replace(chosen, planes=(value,), reviewed=labelled))

    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(_("**Scans of each plane**"))
        st.caption(_("By the label where there is one, otherwise by what the model says."))
        if on_pick is not None and not planes.empty:
            st.caption(_("A click on a bar opens its scans on the Review page."))
        _stacked(counts_in_words(planes).iloc[::-1], "plot-planes", height=330, on_pick=bar_picked)
    with right:
        patients = whole(counted.patients)
        st.markdown(_("**Scans of each patient** ({patients} patients)").format(patients=patients))
        st.caption(
            _("The {count} patients with most scans.").format(count=len(most))
            if len(most) < counted.patients
            else _("Patients go by a code; nobody’s name is stored.")
        )
        _stacked(
            counts_in_words(most).iloc[::-1], "plot-patients", height=max(200, 60 + 22 * len(most))
        )


def _stacked(
    frame: pd.DataFrame, key: str, height: int, on_pick: Callable[[], None] | None = None
) -> None:
    import plotly.graph_objects as graph

    names = [plain_in_chart(name) for name in frame.index]
    figure = graph.Figure(
        [
            graph.Bar(
                x=frame[column],
                y=names,
                name=column,
                orientation="h",
                marker_color=c,
                customdata=[(row, trace) for row in range(len(names))],
            )
            for trace, (column, c) in enumerate(
                zip(frame.columns, ("#4db6a4", "#57666d"), strict=True)
            )
        ]
    )
    figure.update_layout(
        barmode="stack",
        height=height,
        margin={**_MARGIN, "t": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
    )
    few = frame.sum(axis=1).max() <= _WHOLE_NUMBERS
    figure.update_xaxes(title=_("scans"), tickformat=",d", dtick=1 if few else None)
    if on_pick is None:
        st.plotly_chart(figure, config=_CALM, key=key)
    else:
        st.plotly_chart(figure, config=_CALM, key=key, on_select=on_pick, selection_mode="points")


def curves(points: Sequence[EpochDone], key: str) -> None:
    """Loss and accuracy after each pass over the scans."""
    import plotly.graph_objects as graph
    from plotly.subplots import make_subplots

    figure = make_subplots(
        cols=2, subplot_titles=(_("Error (loss): lower is better"), _("Right answers (accuracy)"))
    )
    passes = list(range(1, len(points) + 1))
    lines = (
        ("loss", _("learning"), "#56b4e9", 1),
        ("val_loss", _("held-back patients"), "#e69f00", 1),
        ("accuracy", _("learning"), "#56b4e9", 2),
        ("val_accuracy", _("held-back patients"), "#e69f00", 2),
    )
    for name, words, colour, column in lines:
        figure.add_trace(
            graph.Scatter(
                x=passes,
                y=[getattr(point, name) for point in points],
                name=words,
                mode="lines+markers",
                line={"color": colour, "dash": "dot" if name.startswith("val") else "solid"},
                showlegend=column == 1,
            ),
            row=1,
            col=column,
        )
    begun = _stages(points)
    for number, name in begun:
        figure.add_vline(
            x=number + 0.5,
            line={"color": "#9fb0b3", "width": 1, "dash": "dash"},
            annotation={"text": name, "font_size": 11, "textangle": -90, "xanchor": "left"},
        )
    figure.update_xaxes(title=_("pass over the scans (epoch)"), dtick=max(1, len(points) // 10))
    figure.update_yaxes(tickformat=".0%", range=[0, 1.03], col=2)
    figure.update_layout(height=300, margin=_MARGIN, legend={"orientation": "h", "y": -0.35})
    st.plotly_chart(figure, config=_CALM, key=key)
    if begun:
        st.caption(_(_NEW_STAGE))


def _stages(points: Sequence[EpochDone]) -> list[tuple[int, str]]:
    """After which pass each later stage begins, and its name."""
    names = [point.stage for point in points]
    return [
        (number, name)
        for number, (before, name) in enumerate(pairwise(names), start=1)
        if name != before
    ]


def curves_together(lines: Mapping[str, Sequence[EpochDone]], key: str) -> None:
    """Loss and accuracy on held-back patients of several trainings, one colour and mark each."""
    import plotly.graph_objects as graph
    from plotly.subplots import make_subplots

    figure = make_subplots(
        cols=2,
        subplot_titles=(
            _("Error on held-back patients: lower is better"),
            _("Right answers on held-back patients"),
        ),
    )
    for place, (name, points) in enumerate(lines.items()):
        for column, what in ((1, "val_loss"), (2, "val_accuracy")):
            figure.add_trace(
                graph.Scatter(
                    x=list(range(1, len(points) + 1)),
                    y=[getattr(point, what) for point in points],
                    name=plain_in_chart(name),
                    legendgroup=name,
                    mode="lines+markers",
                    line={"color": run_colour(place)},
                    marker={"symbol": _MARKS[place % len(_MARKS)], "size": 6},
                    showlegend=column == 1,
                ),
                row=1,
                col=column,
            )
    figure.update_xaxes(title=_("pass over the scans (epoch), all stages in turn"))
    figure.update_yaxes(tickformat=".0%", col=2)
    figure.update_layout(
        height=340,
        margin=_MARGIN,
        legend={"orientation": "h", "y": -0.3},
        hovermode="x unified",
    )
    st.plotly_chart(figure, config=_CALM, key=key)


@dataclass(frozen=True)
class Axis:
    """One upright line of a parallel-coordinates plot.

    Attributes:
        title: what it shows.
        values: how high each training crosses it, in any unit.
        labels: the same values as a person reads them.
    """

    title: str
    values: Sequence[float]
    labels: Sequence[str]

    def heights(self) -> list[float]:
        """Where each training crosses it, from 0 at the foot to 1; one half where all agree."""
        low, high = min(self.values), max(self.values)
        return [(value - low) / (high - low) if high > low else 0.5 for value in self.values]


def parallel(names: Sequence[str], axes: Sequence[Axis], key: str) -> None:
    """Trainings as lines across upright axes, in the colours and marks of `curves_together`.

    Parallel coordinates (Inselberg 1985). Plotly's own kind of plot for them stays blank in a
    browser without WebGL, as many remote desktops have it, and draws lines of a single pixel.
    """
    import plotly.graph_objects as graph

    heights = [axis.heights() for axis in axes]
    figure = graph.Figure()
    for place, name in enumerate(names):
        # Beside each other where they agree: of two lines in one place only one would be seen.
        aside = (place - (len(names) - 1) / 2) * _ASIDE
        figure.add_trace(
            graph.Scatter(
                x=list(range(len(axes))),
                y=[one[place] + aside for one in heights],
                name=plain_in_chart(name),
                mode="lines+markers",
                line={"color": run_colour(place), "width": 2.5},
                marker={"symbol": _MARKS[place % len(_MARKS)], "size": 9},
                customdata=[
                    [plain_in_chart(axis.title), plain_in_chart(axis.labels[place])]
                    for axis in axes
                ],
                hovertemplate="%{customdata[0]}: %{customdata[1]}<extra>%{fullData.name}</extra>",
            )
        )
    ground = st.get_option("theme.backgroundColor")
    for x, (axis, crossed) in enumerate(zip(axes, heights, strict=True)):
        figure.add_vline(x=x, line={"color": "#7f8c8d", "width": 1}, layer="below")
        _write(figure, x, _TOP, axis.title, yanchor="bottom")
        for height, label in _apart(crossed, axis.labels):
            _write(figure, x, height, label, **_BESIDE, align="left", bgcolor=ground)
    figure.update_xaxes(visible=False, range=[-0.2, len(axes) - 0.3])
    figure.update_yaxes(visible=False, range=[-0.08, _TOP])
    figure.update_layout(
        height=420,
        margin={**_MARGIN, "t": 70},
        legend={"orientation": "h", "y": -0.02},
        hovermode="closest",
    )
    st.plotly_chart(figure, config=_CALM, key=key)


def _write(figure: "graph.Figure", x: int, y: float, text: str, **where: Any) -> None:
    lines = "<br>".join(plain_in_chart(line) for line in wrap(text, _AXIS_WIDTH))
    figure.add_annotation(x=x, y=y, text=lines, showarrow=False, font_size=12, **where)


def _apart(heights: Sequence[float], labels: Sequence[str]) -> list[tuple[float, str]]:
    """The labels along an axis from its foot up, without those that would cover one another."""
    shown: list[tuple[float, str]] = []
    for height, label in sorted(set(zip(heights, labels, strict=True))):
        if not shown or height - shown[-1][0] >= _ROOM:
            shown.append((height, label))
    return shown


def run_colour(place: int) -> str:
    """The colour of the training that stands at a place among others."""
    return RUN_COLOURS[place % len(RUN_COLOURS)]
