"""The filter over everything stored."""

from datetime import UTC, datetime, time
from typing import Any

import streamlit as st

from fetal.planes import PLANES
from fetal.predict import Doubt
from fetal.workbench.catalogue.scans import ScanFilter

_REVIEWED = {"All": None, "Given": True, "Missing": False}
_AGREEMENT = {"All": None, "Agree": True, "Disagree": False}
_DOUBTS = {Doubt.SURE: "Is sure", Doubt.CHECK: "Doubts", Doubt.UNKNOWN: "Does not know it"}
_SOURCES = {"upload": "Dropped", "import": "Imported", "sample": "Samples"}


def choose() -> ScanFilter:
    """Let a person narrow the scans down."""
    with st.container(horizontal=True, gap="small", key="filters", vertical_alignment="bottom"):
        planes = st.pills(
            "Plane",
            PLANES,
            selection_mode="multi",
            format_func=lambda plane: plane.value.capitalize(),
            key="filter-planes",
            persist_state="session",
            help="The label where there is one, otherwise what the model predicts.",
        )
        sources = st.pills(
            "Came by",
            list(_SOURCES),
            selection_mode="multi",
            format_func=lambda source: _SOURCES[source],
            key="filter-sources",
            persist_state="session",
        )
        doubts = st.pills(
            "The model",
            list(_DOUBTS),
            selection_mode="multi",
            format_func=lambda doubt: _DOUBTS[doubt],
            key="filter-doubts",
            persist_state="session",
            help="Of a scan that it does not know, the model says: not a plane I know.",
        )
        reviewed = st.segmented_control(
            "Label",
            list(_REVIEWED),
            default="All",
            required=True,
            key="filter-reviewed",
            persist_state="session",
        )
        agreement = st.segmented_control(
            "Model and person",
            list(_AGREEMENT),
            default="All",
            required=True,
            key="filter-agreement",
            persist_state="session",
        )
        dates = st.date_input(
            "Added between",
            value=[],
            key="filter-dates",
            format="YYYY-MM-DD",
            persist_state="session",
            width=250,
        )
    since, until = (*dates, None, None)[:2]
    return ScanFilter(
        planes=tuple(planes),
        sources=tuple(sources),
        doubts=tuple(doubts),
        reviewed=_REVIEWED[reviewed or "All"],
        agreement=_AGREEMENT[agreement or "All"],
        since=_moment(since, time.min),
        until=_moment(until, time.max),
    )


def _moment(day: Any, at: time) -> datetime | None:
    """A day of this computer's calendar as a moment in UTC."""
    return None if day is None else datetime.combine(day, at).astimezone().astimezone(UTC)
