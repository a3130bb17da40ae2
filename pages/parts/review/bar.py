"""The line above the scan: how far the work is, what was done today, how the heat map is drawn."""

import streamlit as st

from fetal.workbench.annotations import history
from fetal.workbench.reading_queues.queues import Queue
from pages.parts.app import app_state
from pages.parts.review import queue_choice
from pages.parts.shared import heat_map, scan_record
from pages.parts.shared.formatting import number
from pages.parts.texts.catalogue import _

_LISTED = 50


def show() -> Queue | None:
    """Show the line; what it opens is made only while it is open.

    Returns:
        The queue that the person reads; None is all scans without a label.
    """
    with st.container(key="review-bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.title(_("Review"), anchor=False)
        queue = queue_choice.choose()
        st.markdown(queue_choice.progress(queue), width="content")
        _done_today()
        _heat_map()
    if words := queue_choice.not_compared(queue):
        st.caption(words)
    return queue


def _done_today() -> None:
    """What was said today, each with a way back where it is the person's own."""
    workbench = app_state.workbench()
    done = number(history.count_today(workbench), "entry", "entries")
    listed = st.popover(_("Done today: {done}").format(done=done), key="today", on_change="rerun")
    if listed.open:
        with listed:
            for entry in history.today(workbench, most=_LISTED):
                scan_record.row(entry, key=f"undo-{entry.annotation_id}", name=True)


def _heat_map() -> None:
    """How the heat map is drawn; a key shows and hides it."""
    options = st.popover(
        _("Heat map options"), icon=":material/tune:", key="heat-popover", on_change="rerun"
    )
    if options.open:
        with options:
            heat_map.heat_controls()
