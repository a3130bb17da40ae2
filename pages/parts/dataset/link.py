"""The address of the Dataset page: it keeps filter, tab and scan, and opens the same elsewhere."""

from dataclasses import replace
from datetime import datetime

import streamlit as st

from fetal.planes import Plane
from fetal.workbench.catalogue.filter_text import FilterTextError, from_text, to_text
from fetal.workbench.catalogue.scans import ScanFilter
from pages.parts.app import app_state
from pages.parts.dataset import patient_page
from pages.parts.shared import scan_record
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark

_FILTER, _TAB, _SCAN, _PATIENT = "filter", "tab", "scan", "patient"
_TAKEN = "link-taken"
_OPENED = "link-opened"
TAB_KEY = "dataset-tab"
TABS = (
    *(mark("Table"), mark("Gallery"), mark("Sheet"), mark("Queues"), mark("Counts")),
    *(mark("Look-alikes"), mark("Labels"), mark("Map"), mark("Import"), mark("Export")),
    mark("Jobs"),
)
"""The tabs, as an address names them in every language."""


def labels() -> list[str]:
    """Return what the tabs are called, in their order."""
    return [_(name) for name in TABS]


def take() -> None:
    """Set the page as the address says, once for each address that was opened."""
    if code := st.query_params.pop(_PATIENT, ""):
        _set(ScanFilter(patients=(code,)))
        patient_page.open_it()
        return
    given = st.query_params.get(_FILTER, "")
    address = (given, st.query_params.get(_TAB, ""))
    if st.session_state.get(TAB_KEY) not in (None, *labels()):
        # The reader chose another language.
        st.session_state[TAB_KEY] = _(address[1] if address[1] in TABS else TABS[0])
    if address == ("", "") or st.session_state.get(_TAKEN) == address:
        return
    st.session_state[_TAKEN] = address
    try:
        chosen = from_text(given)
    except FilterTextError as error:
        app_state.tell("link", str(error))
    else:
        _set(chosen)
    if address[1] in TABS:
        st.session_state[TAB_KEY] = _(address[1])


def keep(chosen: ScanFilter) -> None:
    """Write filter and tab into the address. A patient stands there by code, a note not at all.

    Args:
        chosen: the filter.
    """
    app_state.show_told("link")
    given = to_text(replace(chosen, note="", ids=None))
    open_tab = st.session_state.get(TAB_KEY)
    tab = TABS[labels().index(open_tab)] if open_tab in labels() else ""
    st.session_state[_TAKEN] = (given, tab)
    for name, value in ((_FILTER, given), (_TAB, tab)):
        if value and st.query_params.get(name, "") != value:
            st.query_params[name] = value
        elif not value and name in st.query_params:
            del st.query_params[name]


def open_scan() -> None:
    """Open the record of the scan that the address names, once."""
    given = st.query_params.get(_SCAN, "")
    if given.isdecimal() and st.session_state.get(_OPENED) != given:
        st.session_state[_OPENED] = given
        scan_record.window(int(given))


def _set(chosen: ScanFilter) -> None:
    """Set the fields of the filter (`filters.choose`)."""
    kept = st.session_state
    kept["filter-planes"] = [Plane(one) for one in chosen.planes if one in list(Plane)]
    kept["filter-sources"] = list(chosen.sources)
    kept["filter-doubts"] = list(chosen.doubts)
    kept["filter-reviewed"] = {None: "All", True: "Given", False: "Missing"}[chosen.reviewed]
    kept["filter-agreement"] = {None: "All", True: "Agree", False: "Disagree"}[chosen.agreement]
    kept.pop("filter-dates", None)
    if days := [_day(at) for at in (chosen.since, chosen.until) if at is not None]:
        kept["filter-dates"] = days
    kept["filter-patient"] = chosen.patients[0] if chosen.patients else ""
    kept["filter-person"] = chosen.person
    kept["filter-machine"] = chosen.machine


def _day(at: datetime) -> object:
    return at.astimezone(customs.zone()).date()
