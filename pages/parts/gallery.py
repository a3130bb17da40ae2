"""The stored scans as a table and as pictures."""

import math
from dataclasses import replace

import streamlit as st

from fetal.predict import Doubt
from fetal.workbench import dataset, views
from pages.parts import desk, figure
from pages.parts.words import label, percent, plain

_PER_PAGE = 24
_ACROSS = 6
_ROWS = 5000
_COLUMNS = (
    "scan", "label", "model says", "probability", "agrees", "patient", "labelled by", "labelled",
    "note", "source", "added", "added by", "machine", "model",
)  # fmt: skip


def table(chosen: views.ScanFilter) -> None:
    """The scans as rows; a click on a row shows the scan."""
    rows = dataset.table(desk.workbench(), replace(chosen, limit=_ROWS))
    if rows.empty:
        st.info("No scan fits. Add scans on the Scans page, import some, or loosen the filter.")
        return
    if len(rows) == _ROWS:
        st.caption(f"The newest {_ROWS:,} are shown. Narrow the filter to see others.")
    picked = st.dataframe(
        rows.assign(probability=100 * rows["probability"]),
        hide_index=True,
        column_order=_COLUMNS,
        column_config={
            "added": st.column_config.DatetimeColumn("added", format="D MMM YYYY, HH:mm"),
            "labelled": st.column_config.DatetimeColumn("labelled", format="D MMM YYYY, HH:mm"),
            "probability": st.column_config.ProgressColumn(
                "probability", min_value=0, max_value=100, format="%.0f %%"
            ),
            "agrees": st.column_config.CheckboxColumn("agree"),
        },
        placeholder="",
        key="dataset-table",
        on_select="rerun",
        selection_mode="single-row",
        height=420,
    )
    for row in picked.selection.rows:
        one(int(rows.iloc[row]["id"]))


def pictures(chosen: views.ScanFilter, found: int) -> None:
    """The scans as small pictures, a page at a time."""
    if not found:
        st.info("No scan fits. Add scans on the Scans page, import some, or loosen the filter.")
        return
    pages = math.ceil(found / _PER_PAGE)
    page = st.pagination(pages, key="gallery-page") if pages > 1 else 1
    page = min(page, pages)
    shown = views.scans(
        desk.workbench(), replace(chosen, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
    )
    for start in range(0, len(shown), _ACROSS):
        for column, scan in zip(st.columns(_ACROSS), shown[start : start + _ACROSS], strict=False):
            with column:
                thumbnail(scan)


def thumbnail(scan: views.ScanView) -> None:
    """A small picture with its label or the model's opinion; a click enlarges it."""
    with st.container(key=f"thumb-{scan.id}", gap="xxsmall"):
        figure.small(scan.id, scan.name)
        st.button(
            caption(scan),
            key=f"open-{scan.id}",
            type="tertiary",
            on_click=lambda: enlarge(scan.id),
            help="Show this scan large, with the heat map.",
        )


def caption(scan: views.ScanView) -> str:
    """A line under a small picture."""
    if scan.label is not None:
        disagree = " :orange[≠ model]" if scan.agrees is False else ""
        return f":green[:material/check:] {label(scan.label)}{disagree}"
    if scan.predicted is None:
        return plain(scan.name)
    if scan.doubt is Doubt.UNKNOWN:
        return ":orange[:material/do_not_disturb_on:] Not a plane I know"
    return f"{scan.predicted.title}, {percent(scan.confidence or 0.0)}"


@st.dialog("Scan", width="large")
def enlarge(scan_id: int) -> None:
    """The scan in a window of its own."""
    one(scan_id)


def one(scan_id: int) -> None:
    """One scan with its heat map and what is known of it."""
    scan = views.scan(desk.workbench(), scan_id)
    figure.show(scan_id, figure.heat_controls())
    st.caption(
        f"{plain(scan.name)} · patient {plain(scan.patient) if scan.named_patient else 'unknown'} "
        f"· {scan.width} × {scan.height} pixels · {plain(scan.machine or 'machine unknown')} · "
        f"label: {label(scan.label)}"
    )
