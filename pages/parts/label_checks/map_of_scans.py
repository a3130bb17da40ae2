"""The map of the scans: what the model sees alike lies near; a lasso chooses scans."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from fetal.store.states import CheckKind
from fetal.workbench.catalogue.scans import UNUSABLE, ScanFilter, ScanView
from fetal.workbench.label_quality import more_like_this
from fetal.workbench.label_quality.more_like_this import ScanMap
from pages.parts.app import app_state, beside
from pages.parts.app.theme import PLANE_COLOURS, UNUSABLE_COLOUR
from pages.parts.dataset import gallery
from pages.parts.label_checks import label_lists
from pages.parts.review import queue_choice
from pages.parts.shared.formatting import label, number, plain, plain_in_chart
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark, ngettext
from pages.parts.texts.library_sentences import in_readers_language

_SHOWN = 24
_MOST_GROUPS = 9
_OTHERS = mark("others")
_NOTHING = mark("none")
_ABOUT = mark("Each point is a scan. What the model behind the label checks sees alike lies near.")
_COLOURS = (
    *("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7"),
    *("#0072b2", "#d55e00", "#999999", "#a0522d"),
)
_BY: dict[str, Callable[[ScanView], str]] = {
    mark("Label"): lambda scan: label(scan.label) if scan.label else _(_NOTHING),
    mark("Model"): lambda scan: label(scan.predicted) if scan.predicted else _(_NOTHING),
    mark("Machine"): lambda scan: scan.machine or _(_NOTHING),
    mark("Reader"): lambda scan: scan.labelled_by or _(_NOTHING),
}
_FIXED = PLANE_COLOURS | {UNUSABLE: UNUSABLE_COLOUR}


def show() -> None:
    """The map, its colours, and what the lasso chose."""
    with st.container(horizontal=True, vertical_alignment="center"):
        by = st.segmented_control(
            _("Coloured by"),
            list(_BY),
            format_func=_,
            default="Label",
            required=True,
            key="map-colour",
            help=_(_ABOUT),
        )
        umap = more_like_this.can_umap() and st.toggle("UMAP", key="map-umap")
    found = more_like_this.scan_map(app_state.workbench())
    if umap:
        found = by_umap(found)
    missing = found.stored - found.known
    if missing:
        words = ngettext(
            "{n} scan is not on the map yet.", "{n} scans are not on the map yet.", missing
        )
        st.caption(words.format(n=customs.whole(missing)))
    if missing or label_lists.goes_on(CheckKind.FEATURES):
        label_lists.control(CheckKind.FEATURES)
    if not found.scans:
        if not missing:
            st.info(_("No scan is on the map yet."))
        return
    event = st.plotly_chart(
        drawn(found, _BY[by or "Label"]),
        key=f"scan-map-{by}-{found.method}",
        on_select="rerun",
        selection_mode=("lasso", "box"),
        config={"displaylogo": False, "scrollZoom": True},
    )
    st.caption(_("Draw a loop around points to choose them."))
    chosen(found, [int(point["customdata"][0]) for point in event.selection.points])


def by_umap(found: ScanMap) -> ScanMap:
    """The same scans by UMAP, once it has laid them out; until then as they are.

    Args:
        found: the map by principal components.
    """
    if len(found.scans) < more_like_this.FEWEST_FOR_UMAP:
        fewest = number(more_like_this.FEWEST_FOR_UMAP, "scan", "scans")
        st.caption(_("UMAP needs {fewest} on the map.").format(fewest=fewest))
        return found
    workbench = app_state.workbench()
    # The newest scan tells one map from another of as many scans.
    name = f"umap-{found.known}-{max(scan.id for scan in found.scans)}"
    work = beside.begun(name, lambda: more_like_this.umap_places(workbench))
    if not work.finished:
        app_state.running(name, _("UMAP lays the scans out, which takes a minute"))
        return found
    if work.failure:
        st.caption(plain(in_readers_language(work.failure)))
        return found
    known: dict[int, tuple[float, float]] = work.result
    scans = [scan for scan in found.scans if scan.id in known]
    places = np.array([known[scan.id] for scan in scans]).reshape(-1, 2)
    return replace(found, scans=scans, places=places, method="UMAP")


def drawn(found: ScanMap, group: Callable[[ScanView], str]) -> Any:
    """The figure: a colour for each group, those with most scans by name."""
    import plotly.graph_objects as graph

    names = [group(scan) for scan in found.scans]
    most = sorted(set(names), key=names.count, reverse=True)[:_MOST_GROUPS]
    named = [name if name in most else _(_OTHERS) for name in names]
    fixed = {label(one): colour for one, colour in _FIXED.items()}
    fixed |= {_(_NOTHING): "#b0b8ba", _(_OTHERS): "#6d7a80"}
    figure = graph.Figure()
    for place, name in enumerate(dict.fromkeys([*most, *named])):
        rows = [row for row, one in enumerate(named) if one == name]
        figure.add_trace(
            graph.Scatter(
                x=found.places[rows, 0],
                y=found.places[rows, 1],
                mode="markers",
                name=plain_in_chart(name),
                customdata=[[found.scans[row].id] for row in rows],
                text=[plain_in_chart(found.scans[row].name) for row in rows],
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
                marker={
                    "size": 6,
                    "color": fixed.get(name, _COLOURS[place % len(_COLOURS)]),
                    # A ring: the plane “Other” is grey as well.
                    "symbol": "circle-open" if name == _(_NOTHING) else "circle",
                },
            )
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x" if found.method == "UMAP" else None)
    figure.update_layout(
        height=520,
        margin={"l": 5, "r": 5, "t": 5, "b": 5},
        dragmode="lasso",
        legend={"orientation": "h", "y": -0.02},
    )
    return figure


def chosen(found: ScanMap, numbers: list[int]) -> None:
    """What the lasso holds, and the way to read it."""
    if not numbers:
        return
    inside = set(numbers)
    scans = [scan for scan in found.scans if scan.id in inside]
    with st.container(horizontal=True, vertical_alignment="center"):
        words = ngettext("**{n} scan** chosen", "**{n} scans** chosen", len(scans))
        st.markdown(words.format(n=customs.whole(len(scans))), width="content")
        st.button(
            _("Read them on the Review page"),
            key="map-queue",
            icon=":material/fact_check:",
            on_click=queue_choice.read,
            args=(_("Chosen on the map"), ScanFilter(ids=tuple(sorted(inside)))),
        )
    gallery.grid(scans[:_SHOWN])
