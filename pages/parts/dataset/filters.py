"""The filter over everything stored."""

from datetime import UTC, datetime, time
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fetal.planes import PLANES
from fetal.predict import Doubt
from fetal.workbench.catalogue.patient_search import patient_codes, patient_view
from fetal.workbench.catalogue.scans import ScanFilter
from pages.parts.app import app_state
from pages.parts.dataset import patient_page
from pages.parts.shared.formatting import in_prose, moment, number, plain
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark

_REVIEWED = {mark("All"): None, mark("Given"): True, mark("Missing"): False}
_AGREEMENT = {mark("All"): None, mark("Agree"): True, mark("Disagree"): False}
_DOUBTS = {
    Doubt.SURE: mark("Is sure"),
    Doubt.CHECK: mark("Doubts"),
    Doubt.UNKNOWN: mark("Does not know it"),
}
_SEARCHED = (
    *("filter-patient", "filter-note", "filter-person", "filter-machine"),
    *("filter-sources", "filter-dates"),
)
"""The fields of the search, which its button counts: what is closed must not be forgotten."""
_SOURCES = {"upload": mark("Dropped"), "import": mark("Imported"), "sample": mark("Samples")}


def choose(row: DeltaGenerator) -> ScanFilter:
    """Let a person narrow the scans down.

    Args:
        row: where the button of the search stands.
    """
    with st.container(horizontal=True, gap="small", key="filters", vertical_alignment="bottom"):
        planes = st.pills(
            _("Plane"),
            PLANES,
            selection_mode="multi",
            format_func=lambda plane: in_prose(plane).capitalize(),
            key="filter-planes",
            persist_state="session",
            help=_("The label where there is one, otherwise what the model predicts."),
        )
        doubts = st.pills(
            _("The model"),
            list(_DOUBTS),
            selection_mode="multi",
            format_func=lambda doubt: _(_DOUBTS[doubt]),
            key="filter-doubts",
            persist_state="session",
            help=_("Of a scan that it does not know, the model says: not a plane I know."),
        )
        reviewed = st.segmented_control(
            _("Label"),
            list(_REVIEWED),
            format_func=_,
            default=_default("filter-reviewed"),
            required=True,
            key="filter-reviewed",
            persist_state="session",
        )
        agreement = st.segmented_control(
            _("Model and person"),
            list(_AGREEMENT),
            format_func=_,
            default=_default("filter-agreement"),
            required=True,
            key="filter-agreement",
            persist_state="session",
        )
    with row:
        used = sum(bool(st.session_state.get(key)) for key in _SEARCHED)
        words = _("Search ({count})").format(count=used) if used else _("Search")
        with st.popover(words, icon=":material/search:", key="filter-search"):
            typed = _search()
            sources = st.pills(
                _("Came by"),
                list(_SOURCES),
                selection_mode="multi",
                format_func=lambda source: _(_SOURCES[source]),
                key="filter-sources",
                persist_state="session",
            )
            dates = st.date_input(
                _("Added between"),
                value=[],
                key="filter-dates",
                format="YYYY-MM-DD",
                persist_state="session",
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
        patients=patient_codes(app_state.workbench(), typed["patient"]),
        note=typed["note"],
        person=typed["person"],
        machine=typed["machine"],
    )


def _default(key: str) -> str | None:
    """What is chosen at first; an address may have chosen already (`link.take`)."""
    return None if key in st.session_state else next(iter(_REVIEWED))


def _search() -> dict[str, str]:
    """What a person searches for in words."""
    fields = {
        "patient": (
            _("Patient"),
            _("As your files write it, or a code such as P-…; kept nowhere."),
        ),
        "note": (_("Words of a note"), None),
        "person": (_("Labelled by"), None),
        "machine": (_("Ultrasound machine"), None),
    }
    return {
        name: st.text_input(
            words, key=f"filter-{name}", help=help_words, persist_state="session"
        ).strip()
        for name, (words, help_words) in fields.items()
    }


def patient(chosen: ScanFilter) -> None:
    """What is known of the patient who is searched for.

    Args:
        chosen: the filter.
    """
    if not chosen.patients:
        return
    found = patient_view(app_state.workbench(), chosen.patients)
    if found is None:
        st.info(_("No scan of this patient is stored. Patients are found by the whole identifier."))
        return
    machines = ", ".join(found.machines) or _("machine unknown")
    with st.container(border=True, key="patient"):
        st.markdown(
            _(
                "**Patient {code}** · {scans}, {labelled} labelled · {examinations} · {machines} · "
                "added {first} to {last}"
            ).format(
                code=plain(found.code),
                scans=number(found.scans, "scan", "scans"),
                labelled=customs.whole(found.labelled),
                examinations=number(found.examinations, "examination", "examinations"),
                machines=plain(machines),
                first=moment(found.first),
                last=moment(found.last),
            )
        )
        patient_page.show(found.code)


def _moment(day: Any, at: time) -> datetime | None:
    """A day of the reader's calendar as a moment in UTC."""
    return None if day is None else datetime.combine(day, at, customs.zone()).astimezone(UTC)
