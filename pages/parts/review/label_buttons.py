"""The buttons that label the scan on the Review page: each always at the same place."""

from collections.abc import Callable

import streamlit as st

from fetal.planes import PLANES
from fetal.predict import Doubt
from fetal.workbench.catalogue.scans import UNUSABLE, ScanView
from pages.parts.shared import labelling, probability_bars
from pages.parts.shared.formatting import label
from pages.parts.texts.catalogue import _


def show(scan: ScanView, choose: Callable[[str], None]) -> None:
    """What the model says in one line, the button to accept it, and one for every label.

    A button that would change nothing is shown as such; none goes, so that none moves.

    Args:
        scan: the scan to label.
        choose: called with the label when a button is clicked.
    """
    with st.container(key="review-verdict"):
        if scan.doubt is Doubt.UNKNOWN:
            st.markdown(_(":orange[:material/do_not_disturb_on:] **Not a plane I know**"))
        elif scan.predicted is None:
            st.markdown(_("No model has looked at this scan yet."))
        else:
            probability_bars.verdict(scan.predicted, scan.confidence or 0.0)
        if scan.doubt is Doubt.CHECK and scan.label is None:
            # Before the button that accepts: why stands below, where a tablet has to scroll to.
            st.caption(_(":orange[:material/help: **Please check.** The reasons stand below.]"))
        else:
            labelling.state(scan)
    _accept(scan, choose)
    with st.container(key="review-labels", horizontal=True, gap="xsmall"):
        for digit, plane in enumerate(PLANES, start=1):
            _label(scan, plane.value, label(plane), str(digit), choose)
        _label(scan, UNUSABLE, label(UNUSABLE), "U", choose)


def _accept(scan: ScanView, choose: Callable[[str], None]) -> None:
    """The button that agrees with the model; it does not stand out where that would be a guess."""
    done = scan.predicted is None or scan.label == scan.predicted
    if scan.predicted is None:
        words = _("Nothing to accept")
    else:
        words = (_("Accepted: {plane}") if done else _("Accept: {plane}")).format(
            plane=label(scan.predicted)
        )
    st.button(
        words,
        key=f"accept-{scan.id}",
        type="secondary" if done or scan.doubt is Doubt.UNKNOWN else "primary",
        icon=":material/check:",
        shortcut="A",
        on_click=choose,
        args=(scan.predicted.value if scan.predicted else "",),
        disabled=done,
        width="stretch",
    )


def _label(scan: ScanView, value: str, words: str, key: str, choose: Callable[[str], None]) -> None:
    st.button(
        words,
        key=f"label-{scan.id}-{value}",
        shortcut=key,
        on_click=choose,
        args=(value,),
        disabled=value == UNUSABLE and scan.label == UNUSABLE,
        width="stretch",
    )
