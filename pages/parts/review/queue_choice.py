"""Which queue is read: all scans without a label, a saved view, or the scans behind a figure."""

import streamlit as st

from fetal.workbench.annotations import review
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.reading_queues import diverse_ahead, queue_progress, queues
from fetal.workbench.reading_queues.first_waiting import UNLABELLED
from fetal.workbench.reading_queues.queue_progress import Progress
from fetal.workbench.reading_queues.queues import Queue, ReadingOrder
from pages.parts.app import app_state, current_user
from pages.parts.shared.formatting import number
from pages.parts.texts.catalogue import _, ngettext
from pages.parts.texts.customs import whole

_CHOICE = "review-queue"
_PASSING = "review-queue-passing"
_ALL = 0
_BEHIND_A_FIGURE = -1
_VARIED = -2


def read(
    name: str, chosen: ScanFilter, order: ReadingOrder = "doubt", *, as_listed: bool = False
) -> None:
    """Turn to the Review page, with these scans as the queue; for a button's callback.

    Args:
        name: what the queue is called.
        chosen: which scans.
        order: which come first.
        as_listed: whether scans come in the order of the filter's `ids` instead.
    """
    st.session_state[_PASSING] = queues.passing(
        app_state.workbench(), name, chosen, order, as_listed=as_listed
    )
    st.session_state[_CHOICE] = _BEHIND_A_FIGURE
    st.session_state["review-opens"] = True


def open_if_asked() -> None:
    """Turn to the Review page where a button asked for it (`read`)."""
    if st.session_state.pop("review-opens", False):
        st.switch_page("pages/review.py")


def choose() -> Queue | None:
    """Let a person choose the queue; None is all scans without a label, by doubt."""
    varied = Queue(None, _("All, each unlike those before"), UNLABELLED, "diversity", mark=0)
    found = {_VARIED: varied} | {one.id or _ALL: one for one in _offered()}
    passing: Queue | None = st.session_state.get(_PASSING)
    if passing is not None:
        found[_BEHIND_A_FIGURE] = passing
    if st.session_state.get(_CHOICE, _ALL) not in (_ALL, *found):
        st.session_state[_CHOICE] = _ALL
    names = {_ALL: _("All without a label")} | {key: one.name for key, one in found.items()}
    picked = st.selectbox(
        _("Queue"),
        list(names),
        format_func=lambda key: names[key],
        key=_CHOICE,
        label_visibility="collapsed",
        width=240,
        persist_state="session",
    )
    return found.get(picked or _ALL)


def not_compared(queue: Queue | None) -> str:
    """That scans come by doubt alone, as nothing is kept by which they could be compared.

    Returns:
        A sentence; empty where all are compared, and for other orders.
    """
    ahead = diverse_ahead.look_ahead(app_state.workbench(), queue)
    if ahead is None or not ahead.without_features:
        return ""
    words = ngettext(
        "{n} of the next {all} scans is not on the map yet and comes by doubt alone. "
        "Bring the map up to date: Dataset, Map.",
        "{n} of the next {all} scans are not on the map yet and come by doubt alone. "
        "Bring the map up to date: Dataset, Map.",
        ahead.without_features,
    )
    return words.format(n=whole(ahead.without_features), all=whole(ahead.compared))


def progress(queue: Queue | None) -> str:
    """How much is left, and how much of the person's goal is done, in words."""
    workbench = app_state.workbench()
    if queue is None:
        left = number(review.remaining(workbench), "scan", "scans")
        return _("**{left}** without a label").format(left=left)
    far = queue_progress.progress(workbench, queue)
    words = _("**{left}** left").format(left=left_in_words(far))
    mine = far.given.get(current_user.name(), 0)
    if queue.goal is not None:
        words += _(" · you: {mine} of {goal}").format(mine=whole(mine), goal=whole(queue.goal))
    elif queue.id is not None:
        words += _(" · you: {mine}").format(mine=whole(mine))
    return words


def left_in_words(far: Progress) -> str:
    """How many scans of a queue wait for a label."""
    left = number(far.left, "scan", "scans")
    return _("more than {scans}").format(scans=left) if far.is_more else left


def _offered() -> list[Queue]:
    return queues.open_queues(app_state.workbench(), current_user.name())
