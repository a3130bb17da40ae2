"""The stored scans as a table and as pictures."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from fetal.predict import Doubt
from fetal.workbench.catalogue import scan_table, scans
from pages.parts.app import app_state
from pages.parts.shared import scan_pictures, scan_record
from pages.parts.shared.formatting import MOMENT, label, local_moments, percent, plain
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark

_PER_PAGE = 24
_ACROSS = 6
_ROWS = 1000
_NUMBERED = 50
"""The most pages that are numbered; of more, one is turned after the other."""
_TURNED = "gallery-turned"
# The catalogue has scan, label and patient from their counts.
_COLUMNS = (
    *("scan", "label", mark("model says"), mark("probability"), "agrees"),
    *("patient", mark("labelled by"), mark("labelled"), mark("note"), mark("source")),
    *(mark("added"), mark("added by"), mark("machine"), mark("model")),
)
_IN_WORDS = ("label", mark("model says"), "source")
_SOURCES = (mark("upload"), mark("import"), mark("sample"))


def table(chosen: scans.ScanFilter) -> None:
    """The scans as rows; a click on a row shows the scan."""
    rows = scan_table.table(app_state.workbench(), replace(chosen, limit=_ROWS))
    if rows.empty:
        st.info(_("No scan fits. Add scans on the Scans page, import some, or loosen the filter."))
        return
    if len(rows) == _ROWS:
        newest = _("The newest {count} are shown. Narrow the filter to see others.")
        st.caption(newest.format(count=customs.whole(_ROWS)))
    titles: dict[str, Any] = {name: _(name) for name in _COLUMNS}
    picked = st.dataframe(
        rows.assign(
            # As text that sorts as numbers do: what a model names has at least one sixth.
            probability=rows["probability"].map(percent, na_action="ignore"),
            added=local_moments(rows["added"]),
            labelled=local_moments(rows["labelled"]),
            **{name: rows[name].map(_known, na_action="ignore") for name in _IN_WORDS},
        ),
        hide_index=True,
        column_order=_COLUMNS,
        column_config=titles
        | {
            "added": st.column_config.DatetimeColumn(titles["added"], format=MOMENT),
            "labelled": st.column_config.DatetimeColumn(
                titles["labelled"], format=MOMENT, width="medium"
            ),
            "probability": st.column_config.TextColumn(titles["probability"], alignment="right"),
            "agrees": st.column_config.CheckboxColumn(_("agree")),
        },
        placeholder="",
        key="dataset-table",
        on_select="rerun",
        selection_mode="single-row",
        height=420,
    )
    for row in picked.selection.rows:
        scan_record.show(int(rows.iloc[row]["id"]))


def _known(word: Any) -> str:
    """A cell with one of the program's own words, such as a plane's title."""
    return _(str(word))


def pictures(chosen: scans.ScanFilter, found: int) -> None:
    """The scans as small pictures, a page at a time."""
    if not found:
        st.info(_("No scan fits. Add scans on the Scans page, import some, or loosen the filter."))
        return
    pages = math.ceil(found / _PER_PAGE)
    grid(numbered(chosen, pages) if pages <= _NUMBERED else turned(chosen, found))


def grid(shown: Sequence[scans.ScanView]) -> None:
    """Small pictures in rows, three in a row on a tablet held upright.

    Args:
        shown: the scans.
    """
    with st.container(key="scan-grid"):
        for start in range(0, len(shown), _ACROSS):
            row = shown[start : start + _ACROSS]
            for column, scan in zip(st.columns(_ACROSS), row, strict=False):
                with column:
                    thumbnail(scan)


def numbered(chosen: scans.ScanFilter, pages: int) -> list[scans.ScanView]:
    """The scans of the page whose number the person chose."""
    page = st.pagination(pages, key="gallery-page") if pages > 1 else 1
    start = (min(page, pages) - 1) * _PER_PAGE
    return scans.scans(app_state.workbench(), replace(chosen, limit=_PER_PAGE, offset=start))


def turned(chosen: scans.ScanFilter, found: int) -> list[scans.ScanView]:
    """The scans after those that the person has turned past, however many those are."""
    before, trail = st.session_state.get(_TURNED, (chosen, []))
    if before != chosen:
        trail = []
    st.session_state[_TURNED] = (chosen, trail)
    after = trail[-1] if trail else None
    shown = scans.scans(app_state.workbench(), replace(chosen, limit=_PER_PAGE + 1, after=after))
    more, shown = len(shown) > _PER_PAGE, shown[:_PER_PAGE]
    first = len(trail) * _PER_PAGE
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(_("Newest"), key="gallery-newest", on_click=trail.clear, disabled=not trail)
        st.button(_("Newer"), key="gallery-newer", on_click=trail.pop, disabled=not trail)
        st.button(
            _("Older"),
            key="gallery-older",
            on_click=trail.append,
            args=((shown[-1].added_at, shown[-1].id),) if shown else (),
            disabled=not more,
        )
        st.caption(
            _(
                "{first} to {last} of {all}. To look at a certain time, choose the days in the "
                "search above."
            ).format(
                first=customs.whole(first + 1),
                last=customs.whole(first + len(shown)),
                all=customs.whole(found),
            )
        )
    return shown


def thumbnail(scan: scans.ScanView) -> None:
    """A small picture with its label or the model's opinion; a click enlarges it."""
    with st.container(key=f"thumb-{scan.id}", gap="xxsmall"):
        scan_pictures.small(scan.id, scan.name)
        scan_record.open_button(scan.id, key=f"open-{scan.id}", words=caption(scan))


def caption(scan: scans.ScanView) -> str:
    """A line under a small picture."""
    if scan.label is not None:
        said = f":green[:material/check:] {label(scan.label)}"
        differs = _(":orange[≠ model]")
        return f"{said} {differs}" if scan.agrees is False else said
    if scan.predicted is None:
        return plain(scan.name)
    if scan.doubt is Doubt.UNKNOWN:
        return _(":orange[:material/do_not_disturb_on:] Not a plane I know")
    return f"{label(scan.predicted)}, {percent(scan.confidence or 0.0)}"
