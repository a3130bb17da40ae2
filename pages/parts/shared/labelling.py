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
from pages.parts.shared.formatting import label, moment, plain, plane_set_words

GIVEN = {
    AnnotationKind.ACCEPT: "accepted",
    AnnotationKind.CORRECT: "corrected",
    AnnotationKind.IMPORT: "imported",
}
"""How a label was given, in words; any other is “labelled”."""

UNUSABLE_HELP = "No plane can be told from this scan; it is kept, but never trained on."


def opinion(scan: ScanView, *, whose: bool = True, named: bool = False) -> None:
    """Show what the model says of the scan.

    Args:
        scan: the scan.
        whose: whether to say which scan and whose it is, where the page does not say so already.
        named: whether the page says already which plane the model names.
    """
    if scan.predicted is None:
        st.info("No model has looked at this scan yet.")
    elif scan.doubt is Doubt.UNKNOWN:
        st.warning(plain(scan.doubt_words), icon=":material/do_not_disturb_on:")
        st.caption("If it is one of the six all the same, how the model would choose among them:")
        probability_bars.probabilities(scan.probabilities)
    else:
        if not named:
            probability_bars.verdict(scan.predicted, scan.confidence or 0.0)
        if scan.doubt is Doubt.CHECK:
            st.warning(plain(scan.doubt_words), icon=":material/help:")
            if scan.plane_set is not None:
                st.caption(plane_set_words(scan.plane_set))
        probability_bars.probabilities(scan.probabilities)
    if scan.second_opinion is not None:
        st.caption(f"Second reader: {plain(scan.second_opinion.words)}")
    facts = [scan.name, f"patient {scan.patient if scan.named_patient else 'unknown'}"] * whose
    facts += [scan.model_name] if scan.model_name else []
    facts += ["sample (simulated)"] if scan.source == "sample" else []
    st.caption(plain(" · ".join(facts)))


def state(scan: ScanView) -> None:
    """Return in words how the scan is labelled, and by whom."""
    if scan.label is None:
        st.caption("Not labelled yet.")
        return
    verb = GIVEN.get(AnnotationKind(scan.label_kind or AnnotationKind.LABEL), "labelled")
    st.markdown(
        f":green[:material/check:] **{label(scan.label)}**: {verb} by {plain(scan.labelled_by)}, "
        f"{moment(scan.labelled_at)}"
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
        f"Accept: {scan.predicted.title}",
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
        st.caption("Correct it to" if scan.label is None else "Change it to", width="content")
        for plane in PLANES:
            if plane.value in (scan.label, scan.predicted):
                continue
            st.button(
                plane.title,
                key=f"label-{scan.id}-{plane.value}",
                on_click=choose,
                args=(plane.value,),
            )
        if scan.label != UNUSABLE:
            st.button(
                "Unusable",
                key=f"label-{scan.id}-{UNUSABLE}",
                type="tertiary",
                help=UNUSABLE_HELP,
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
        "Note",
        key=key,
        max_chars=review.LONGEST_NOTE,
        placeholder="optional",
        help="Kept as soon as you leave the field or press Enter, with or without a label.",
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
        st.toast(plain(error))


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
        st.toast(plain(error))
        return None
    conflict_notices.remember(done.conflict)
    return done.annotation_id


def undo(annotation_id: int) -> None:
    """Take a label or a note back in the person's name; it stays on record."""
    try:
        review.undo(workbench(), annotation_id, current_user.name())
    except review.UndoError as error:
        st.toast(plain(error))
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
