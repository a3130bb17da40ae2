"""One patient: all scans by examination, each with its label, the model's opinion and its doubt."""

import streamlit as st

from fetal.predict import Doubt
from fetal.splits import TEST, TRAIN, VALIDATION
from fetal.workbench.catalogue.scans import ScanView
from fetal.workbench.examinations.patient_record import Examination, patient_record
from pages.parts.app import app_state
from pages.parts.shared import scan_pictures, scan_record
from pages.parts.shared.formatting import label, number, percent, plain
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark

_ACROSS = 6
_OPEN = "patient-scans"
_OLDER = "patient-older"
_SPLITS: dict[str, str] = {
    TRAIN: mark("Labelled scans of this patient may train models."),
    VALIDATION: mark("Labelled scans of this patient check models while they train."),
    TEST: mark("This patient is kept apart: no model is ever trained on these scans."),
}


def open_it() -> None:
    """Have the patient's scans stand open when the page is drawn next."""
    st.session_state[_OPEN] = True


def show(code: str) -> None:
    """All scans of a patient; read only while they stand open.

    Args:
        code: the patient's pseudonym.
    """
    if not st.toggle(_("Show the patient’s scans by examination"), key=_OPEN):
        return
    of, before = st.session_state.get(_OLDER, (code, None))
    found = patient_record(app_state.workbench(), code, before if of == code else None)
    if found is None:
        return
    if found.split in _SPLITS:
        st.caption(_(_SPLITS[found.split]))
    for place, one in enumerate(found.examinations, start=1):
        _examination(one, place, found.held_out)
    if found.before is not None:
        older = (code, found.before)
        st.button(
            _("Older scans"), key="patient-older-scans", on_click=_go, args=older, width="content"
        )
    if of == code and before is not None:
        st.button(_("Newest scans"), key="patient-newest-scans", on_click=_go, args=(code, None))


def _go(code: str, before: int | None) -> None:
    st.session_state[_OLDER] = (code, before)


def _examination(one: Examination, place: int, held_out: frozenset[int]) -> None:
    if one.code is None:
        title = _("**No examination named**")
    elif one.days is None:
        title = _("**Examination {n}**").format(n=place)
    else:
        title = _("**Examination {n}** · day {day}").format(n=place, day=customs.whole(one.days))
    how_many = number(len(one.scans), "scan", "scans")
    st.markdown(f"{title} · {how_many}")
    for start in range(0, len(one.scans), _ACROSS):
        row = one.scans[start : start + _ACROSS]
        for column, scan in zip(st.columns(_ACROSS), row, strict=False):
            with column, st.container(key=f"thumb-patient-{scan.id}", gap="xxsmall"):
                scan_pictures.small(scan.id, scan.name)
                scan_record.open_button(scan.id, key=f"patient-open-{scan.id}", words=_words(scan))
                st.caption(_model_says(scan, locked=scan.id in held_out))


def _words(scan: ScanView) -> str:
    return label(scan.label) if scan.label is not None else _("No label")


def _model_says(scan: ScanView, *, locked: bool) -> str:
    if scan.predicted is None:
        said = _("no model looked yet")
    elif scan.doubt is Doubt.UNKNOWN:
        said = _("model: not a plane I know")
    else:
        said = _("model: {plane}, {share}").format(
            plane=plain(label(scan.predicted.value)), share=percent(scan.confidence or 0.0)
        )
    parts = [said]
    if scan.doubt is Doubt.CHECK:
        parts.append(_("please check"))
    if locked:
        parts.append(_("in the test set"))
    return " · ".join(parts)
