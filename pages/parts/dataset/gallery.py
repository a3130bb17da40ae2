"""The stored scans as a table and as pictures."""

import math
from dataclasses import replace

import streamlit as st

from fetal.predict import Doubt
from fetal.workbench.catalogue import scan_table, scans
from pages.parts.app import app_state
from pages.parts.shared import heat_map, scan_record
from pages.parts.shared.formatting import MOMENT, label, local_moments, percent, plain

_PER_PAGE = 24
_ACROSS = 6
_ROWS = 5000
_COLUMNS = (
    "scan", "label", "model says", "probability", "agrees", "patient", "labelled by", "labelled",
    "note", "source", "added", "added by", "machine", "model",
)  # fmt: skip


def table(chosen: scans.ScanFilter) -> None:
    """The scans as rows; a click on a row shows the scan."""
    rows = scan_table.table(app_state.workbench(), replace(chosen, limit=_ROWS))
    if rows.empty:
        st.info("No scan fits. Add scans on the Scans page, import some, or loosen the filter.")
        return
    if len(rows) == _ROWS:
        st.caption(f"The newest {_ROWS:,} are shown. Narrow the filter to see others.")
    picked = st.dataframe(
        rows.assign(
            # As text that sorts as numbers do: what a model names has at least one sixth.
            probability=rows["probability"].map(percent, na_action="ignore"),
            added=local_moments(rows["added"]),
            labelled=local_moments(rows["labelled"]),
        ),
        hide_index=True,
        column_order=_COLUMNS,
        column_config={
            "added": st.column_config.DatetimeColumn("added", format=MOMENT),
            "labelled": st.column_config.DatetimeColumn("labelled", format=MOMENT, width="medium"),
            "probability": st.column_config.TextColumn("probability", alignment="right"),
            "agrees": st.column_config.CheckboxColumn("agree"),
        },
        placeholder="",
        key="dataset-table",
        on_select="rerun",
        selection_mode="single-row",
        height=420,
    )
    for row in picked.selection.rows:
        scan_record.show(int(rows.iloc[row]["id"]))


def pictures(chosen: scans.ScanFilter, found: int) -> None:
    """The scans as small pictures, a page at a time."""
    if not found:
        st.info("No scan fits. Add scans on the Scans page, import some, or loosen the filter.")
        return
    pages = math.ceil(found / _PER_PAGE)
    page = st.pagination(pages, key="gallery-page") if pages > 1 else 1
    page = min(page, pages)
    shown = scans.scans(
        app_state.workbench(), replace(chosen, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
    )
    for start in range(0, len(shown), _ACROSS):
        for column, scan in zip(st.columns(_ACROSS), shown[start : start + _ACROSS], strict=False):
            with column:
                thumbnail(scan)


def thumbnail(scan: scans.ScanView) -> None:
    """A small picture with its label or the model's opinion; a click enlarges it."""
    with st.container(key=f"thumb-{scan.id}", gap="xxsmall"):
        heat_map.small(scan.id, scan.name)
        scan_record.open_button(scan.id, key=f"open-{scan.id}", words=caption(scan))


def caption(scan: scans.ScanView) -> str:
    """A line under a small picture."""
    if scan.label is not None:
        disagree = " :orange[≠ model]" if scan.agrees is False else ""
        return f":green[:material/check:] {label(scan.label)}{disagree}"
    if scan.predicted is None:
        return plain(scan.name)
    if scan.doubt is Doubt.UNKNOWN:
        return ":orange[:material/do_not_disturb_on:] Not a plane I know"
    return f"{scan.predicted.title}, {percent(scan.confidence or 0.0)}"
