"""One scan wherever it is met: its picture, its label and note, who said what, and a way to say it.

A wrong label is found in a table, a gallery, a comparison or a list of errors; it is put right
where it is found.
"""

import streamlit as st

from fetal.store.states import AnnotationKind
from fetal.workbench.annotations import history
from fetal.workbench.catalogue import scans
from pages.parts.app import app_state, current_user
from pages.parts.cine import cine_player
from pages.parts.shared import alike, heat_map, labelling
from pages.parts.shared.formatting import label, moment, plain
from pages.parts.texts.catalogue import _
from pages.parts.texts.library_sentences import in_readers_language

_IN_ADDRESS = "scan"


def open_button(scan_id: int, key: str, words: str = "") -> None:
    """A button that opens the record of a scan in a window of its own.

    Args:
        scan_id: the scan.
        key: the button's key, one on the page.
        words: what stands on it; if empty, that it opens label and history.
    """
    if st.button(
        words or _("Label and history"),
        key=key,
        type="tertiary",
        help=_("Show this scan large, with its label, its note and its history."),
    ):
        window(scan_id)


def _closed() -> None:
    st.query_params.pop(_IN_ADDRESS, None)


def window(scan_id: int) -> None:
    """Show the record in a window of its own; the page behind is drawn anew when it closes.

    The address names the scan meanwhile, so that a copy of it opens the same one elsewhere.
    """
    st.dialog(_("Scan"), width="large", on_dismiss=_closed)(_in_window)(scan_id)


def _in_window(scan_id: int) -> None:
    st.query_params[_IN_ADDRESS] = str(scan_id)
    show(scan_id)


def show(scan_id: int) -> None:
    """The record of one scan."""
    try:
        scan = scans.scan(app_state.workbench(), scan_id)
    except scans.UnknownScanError as error:
        st.info(plain(in_readers_language(error)))
        return
    shown = heat_map.look(scan_id)
    shown.show_both(heat_map.heat_controls())
    cine_player.show_stored(shown.figure)
    facts(scan)
    if st.button(_("All scans of this patient"), key=f"patient-of-{scan_id}", type="tertiary"):
        st.switch_page("pages/dataset.py", query_params={"patient": scan.patient})
    with st.container(key=f"record-{scan_id}"):
        verdict, said = st.columns(2, gap="medium")
        with verdict:
            labelling.opinion(scan, whose=False)
        with said:
            labelling.state(scan)
            labelling.accept(scan, lambda value: keep(scan, value))
            labelling.note(scan)
        labelling.corrections(scan, lambda value: keep(scan, value))
        past(scan)
        alike.show(scan_id)


def keep(scan: scans.ScanView, value: str) -> None:
    """Keep a label."""
    labelling.annotate(scan, value)


def facts(scan: scans.ScanView) -> None:
    """What is known of the scan itself."""
    st.caption(
        _(
            "{name} · patient {code} · {width} × {height} pixels · {machine} · added {moment} by "
            "{added_by}"
        ).format(
            name=plain(scan.name),
            code=plain(scan.patient) if scan.named_patient else _("unknown"),
            width=scan.width,
            height=scan.height,
            machine=plain(scan.machine or _("machine unknown")),
            moment=moment(scan.added_at),
            added_by=plain(scan.added_by),
        )
    )


def past(scan: scans.ScanView) -> None:
    """Every label and note, the newest first; what is the person's own can be taken back."""
    found = history.history(app_state.workbench(), scan.id)
    st.markdown(_("**History**"))
    if not found:
        st.caption(_("Nobody has said anything of this scan yet."))
    for entry in found:
        row(entry, key=f"record-undo-{entry.annotation_id}")


def row(entry: history.Entry, key: str, *, name: bool = False) -> None:
    """One label or note, with the way back where it is the person's own.

    Args:
        entry: what was said.
        key: the key of the button that takes it back.
        name: whether to name the scan, where the list is not of one scan.
    """
    said, way_back = st.columns([6, 1], vertical_alignment="center")
    said.markdown(in_words(entry, name=name))
    if not entry.undone and entry.who == current_user.name():
        way_back.button(
            _("Undo"),
            key=key,
            type="tertiary",
            on_click=labelling.undo,
            args=(entry.annotation_id,),
        )


def in_words(entry: history.Entry, *, name: bool = False) -> str:
    """A label or note as a line: when, what, by whom, and what became of it."""
    is_note = entry.kind is AnnotationKind.NOTE
    what = _("note") if is_note else label(entry.label)
    parts = [moment(entry.at), *([plain(entry.scan)] if name else []), f"**{what}**"]
    how = labelling.given(entry.kind)
    parts.append(
        plain(entry.who) if is_note else _("{how} by {who}").format(how=how, who=plain(entry.who))
    )
    if entry.given_by or entry.given_at:
        when = f", {moment(entry.given_at)}" if entry.given_at else ""
        parts.append(
            _("given by {given_by}{when}, as the table says").format(
                given_by=plain(entry.given_by or _("somebody")), when=when
            )
        )
    words = " · ".join(parts)
    if entry.note:
        words += f" · “{plain(entry.note)}”"
    if entry.undone:
        return _("~~{words}~~ taken back by {undone_by}, {moment}").format(
            words=words, undone_by=plain(entry.undone_by or ""), moment=moment(entry.undone_at)
        )
    if entry.overrides:
        words += _(" · replaced a label of {overrides} that was not seen").format(
            overrides=plain(entry.overrides)
        )
    return words
