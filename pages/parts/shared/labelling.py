"""One button to accept what the model says, and one for every other label."""

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from fetal.planes import PLANES
from fetal.predict import Doubt
from fetal.store.states import AnnotationKind
from fetal.workbench.annotations import review
from fetal.workbench.catalogue.scans import UNUSABLE, ScanView, UnknownScanError
from fetal.workbench.catalogue.scans import scan as scan_view
from pages.parts.app import current_user
from pages.parts.app.app_state import workbench
from pages.parts.shared import conflict_notices, probability_bars
from pages.parts.shared.formatting import label, moment, percent, plain, plane_set_words
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.library_sentences import in_readers_language

GIVEN = {
    AnnotationKind.ACCEPT: mark("accepted"),
    AnnotationKind.CORRECT: mark("corrected"),
    AnnotationKind.IMPORT: mark("imported"),
}
"""How a label was given, in words; any other is “labelled”."""


def given(kind: AnnotationKind) -> str:
    """How a label was given, as a word in the reader's language."""
    return _(GIVEN.get(kind, mark("labelled")))


UNUSABLE_HELP = mark("No plane can be told from this scan; it is kept, but never trained on.")


def opinion(scan: ScanView, *, whose: bool = True, named: bool = False) -> None:
    """Show what the model says of the scan.

    Args:
        scan: the scan.
        whose: whether to say which scan and whose it is, where the page does not say so already.
        named: whether the page says already which plane the model names.
    """
    if scan.predicted is None:
        st.info(_("No model has looked at this scan yet."))
    elif scan.doubt is Doubt.UNKNOWN:
        st.warning(plain(doubt_words(scan)), icon=":material/do_not_disturb_on:")
        st.caption(
            _("If it is one of the six all the same, how the model would choose among them:")
        )
        probability_bars.probabilities(scan.probabilities)
    else:
        if not named:
            probability_bars.verdict(scan.predicted, scan.confidence or 0.0)
        if scan.doubt is Doubt.CHECK:
            st.warning(plain(doubt_words(scan)), icon=":material/help:")
            if scan.plane_set is not None:
                st.caption(plane_set_words(scan.plane_set))
        probability_bars.probabilities(scan.probabilities)
    if scan.second_opinion is not None:
        second = scan.second_opinion
        said = f"{_(second.name)} {percent(second.confidence)}"
        st.caption(_("Second reader: {words}").format(words=plain(said)))
    facts = [
        scan.name,
        _("patient {code}").format(code=scan.patient)
        if scan.named_patient
        else _("patient unknown"),
    ] * whose
    facts += [scan.model_name] if scan.model_name else []
    facts += [_("sample (simulated)")] if scan.source == "sample" else []
    st.caption(plain(" · ".join(facts)))


def doubt_words(scan: ScanView) -> str:
    """Why a person should look, as sentences in the reader's language."""
    return in_readers_language(scan.doubt_words)


def state(scan: ScanView) -> None:
    """Return in words how the scan is labelled, and by whom."""
    if scan.label is None:
        st.caption(_("Not labelled yet."))
        return
    verb = given(AnnotationKind(scan.label_kind or AnnotationKind.LABEL))
    st.markdown(
        _(":green[:material/check:] **{label}**: {verb} by {labelled_by}, {moment}").format(
            label=label(scan.label),
            verb=verb,
            labelled_by=plain(scan.labelled_by),
            moment=moment(scan.labelled_at),
        )
    )


def accept(scan: ScanView, choose: Callable[[str], None]) -> None:
    """Show the button that agrees with the model, unless the label does already.

    It does not stand out where the model does not know the scan: nothing should hurry a person
    into agreeing with a guess.

    Args:
        scan: the scan to label.
        choose: called with the label when the button is clicked.
    """
    if scan.predicted is None or scan.label == scan.predicted:
        return
    st.button(
        _("Accept: {plane}").format(plane=label(scan.predicted)),
        key=f"accept-{scan.id}",
        type="secondary" if scan.doubt is Doubt.UNKNOWN else "primary",
        icon=":material/check:",
        on_click=choose,
        args=(scan.predicted.value,),
        width="stretch",
    )


def corrections(scan: ScanView, choose: Callable[[str], None]) -> None:
    """Show a button for each label but those that would change nothing.

    Args:
        scan: the scan to label.
        choose: called with the label when a button is clicked.
    """
    with st.container(
        horizontal=True, gap="xsmall", vertical_alignment="center", key=f"correct-{scan.id}"
    ):
        st.caption(_("Correct it to") if scan.label is None else _("Change it to"), width="content")
        for plane in PLANES:
            if plane.value in (scan.label, scan.predicted):
                continue
            st.button(
                label(plane),
                key=f"label-{scan.id}-{plane.value}",
                on_click=choose,
                args=(plane.value,),
            )
        if scan.label != UNUSABLE:
            st.button(
                label(UNUSABLE),
                key=f"label-{scan.id}-{UNUSABLE}",
                type="tertiary",
                help=_(UNUSABLE_HELP),
                on_click=choose,
                args=(UNUSABLE,),
            )


def note(scan: ScanView) -> None:
    """Show the note's field; what is typed is kept as soon as the person leaves it.

    A button beside it needs no note handed over: whoever clicks there leaves the field first.
    """
    key = _note_key(scan.id)
    if key not in st.session_state:
        st.session_state[key] = scan.note
    st.text_input(
        _("Note"),
        key=key,
        max_chars=review.LONGEST_NOTE,
        placeholder=_("optional"),
        help=_("Kept as soon as you leave the field or press Enter, with or without a label."),
        on_change=keep_note,
        args=(scan.id,),
    )


def keep_note(scan_id: int) -> None:
    """Keep what stands in a scan's note field, if it is new."""
    text = st.session_state[_note_key(scan_id)].strip()
    try:
        if text != scan_view(workbench(), scan_id).note:
            review.note(workbench(), scan_id, text, current_user.name())
    except UnknownScanError as error:
        st.toast(plain(in_readers_language(error)))


def annotate(scan: ScanView, value: str, queue_id: int | None = None) -> int | None:
    """Keep the label in the person's name, with what stands in the note's field.

    Args:
        scan: the scan as the person saw it.
        value: the label.
        queue_id: the reading queue in which it is given, if any.

    Returns:
        The annotation's number for an undo; None where the scan was erased meanwhile.
    """
    typed = str(st.session_state.get(_note_key(scan.id), scan.note)).strip()
    note = typed if typed != scan.note else ""
    try:
        done = review.label(
            workbench(),
            scan.id,
            value,
            current_user.name(),
            note,
            seen=scan.label_id,
            queue_id=queue_id,
        )
    except UnknownScanError as error:
        st.toast(plain(in_readers_language(error)))
        return None
    conflict_notices.remember(done.conflict)
    return done.annotation_id


def undo(annotation_id: int) -> None:
    """Take a label or a note back in the person's name; it stays on record."""
    try:
        review.undo(workbench(), annotation_id, current_user.name())
    except review.UndoError as error:
        st.toast(plain(in_readers_language(error)))
    _read_notes_anew()


def undo_last() -> int | None:
    """Take back the last thing that the person did; returns the scan's number."""
    taken = review.undo_last(workbench(), current_user.name())
    _read_notes_anew()
    return taken.scan_id if taken is not None else None


def _note_key(scan_id: int) -> str:
    return f"note-{scan_id}"


def _read_notes_anew() -> None:
    """Let the note fields show what is kept after an undo."""
    for key in [key for key in st.session_state if str(key).startswith("note-")]:
        scan_id = int(str(key).removeprefix("note-"))
        with suppress(UnknownScanError):
            st.session_state[key] = scan_view(workbench(), scan_id).note
