"""One button to accept what the model says, and one for every other label."""

from collections.abc import Callable

import streamlit as st

from fetal.planes import PLANES
from fetal.predict import Doubt
from fetal.workbench import review
from fetal.workbench.views import UNUSABLE, ScanView
from pages.parts import bars, person
from pages.parts.desk import workbench
from pages.parts.words import label, moment, plain

UNUSABLE_HELP = "No plane can be told from this scan; it is kept, but never trained on."


def opinion(scan: ScanView) -> None:
    """Show what the model says of the scan, and whose scan it is."""
    if scan.predicted is None:
        st.info("No model has looked at this scan yet.")
    elif scan.doubt is Doubt.UNKNOWN:
        st.warning(plain(scan.doubt_words), icon=":material/do_not_disturb_on:")
        st.caption("If it is one of the six all the same, how the model would choose among them:")
        bars.probabilities(scan.probabilities)
    else:
        bars.verdict(scan.predicted, scan.confidence or 0.0)
        if scan.doubt is Doubt.CHECK:
            st.warning(plain(scan.doubt_words), icon=":material/help:")
        bars.probabilities(scan.probabilities)
    facts = [scan.name, f"patient {scan.patient if scan.named_patient else 'unknown'}"]
    facts += [scan.model_name] if scan.model_name else []
    facts += ["sample (simulated)"] if scan.source == "sample" else []
    st.caption(plain(" · ".join(facts)))


def state(scan: ScanView) -> None:
    """Say in words how the scan is labelled, and by whom."""
    if scan.label is None:
        st.caption("Not labelled yet.")
        return
    how = {"accept": "accepted", "correct": "corrected", "import": "imported"}
    verb = how.get(scan.label_kind or "", "labelled")
    st.markdown(
        f":green[:material/check:] **{label(scan.label)}**: {verb} by {plain(scan.labelled_by)}, "
        f"{moment(scan.labelled_at)}"
    )


def accept(scan: ScanView, choose: Callable[[str], None], *, shortcut: bool = False) -> None:
    """Show the button that agrees with the model, unless the label does already.

    It does not stand out where the model does not know the scan: nothing should hurry a person
    into agreeing with a guess.

    Args:
        scan: the scan to label.
        choose: called with the label when the button is clicked.
        shortcut: whether A presses it; only for one scan on a page.
    """
    if scan.predicted is None or scan.label == scan.predicted:
        return
    st.button(
        f"Accept: {scan.predicted.title}",
        key=f"accept-{scan.id}",
        type="secondary" if scan.doubt is Doubt.UNKNOWN else "primary",
        icon=":material/check:",
        shortcut="A" if shortcut else None,
        on_click=choose,
        args=(scan.predicted.value,),
        width="stretch",
    )


def corrections(scan: ScanView, choose: Callable[[str], None], *, shortcuts: bool = False) -> None:
    """Show a button for each label but those that would change nothing.

    Args:
        scan: the scan to label.
        choose: called with the label when a button is clicked.
        shortcuts: whether digits press the buttons; all planes are shown then, in their order.
    """
    with st.container(
        horizontal=True, gap="xsmall", vertical_alignment="center", key=f"correct-{scan.id}"
    ):
        st.caption("Correct it to" if scan.label is None else "Change it to", width="content")
        for digit, plane in enumerate(PLANES, start=1):
            if not shortcuts and plane.value in (scan.label, scan.predicted):
                continue
            st.button(
                plane.title,
                key=f"label-{scan.id}-{plane.value}",
                shortcut=str(digit) if shortcuts else None,
                on_click=choose,
                args=(plane.value,),
            )
        if scan.label != UNUSABLE:
            st.button(
                "Unusable",
                key=f"label-{scan.id}-{UNUSABLE}",
                type="tertiary",
                # Streamlit draws a button with help twice, and a key would press both.
                help=None if shortcuts else UNUSABLE_HELP,
                shortcut="U" if shortcuts else None,
                on_click=choose,
                args=(UNUSABLE,),
            )


def annotate(scan_id: int, value: str, note: str = "") -> int:
    """Keep the label in the person's name; returns the annotation for an undo."""
    return review.annotate(workbench(), scan_id, value, person.name(), note=note)


def undo(annotation_id: int) -> None:
    """Take a label back in the person's name; the label itself stays on record."""
    try:
        review.undo(workbench(), annotation_id, person.name())
    except review.UndoError as error:
        st.toast(plain(error))
