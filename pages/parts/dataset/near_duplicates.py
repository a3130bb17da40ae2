"""Scans that look alike, side by side: a person says what they are."""

import math
from collections.abc import Callable
from threading import Event

import streamlit as st

from fetal.progress import BackgroundWork, OnProgress
from fetal.splits import Split
from fetal.workbench import Workbench
from fetal.workbench.catalogue.scans import ScanView
from fetal.workbench.near_duplicates import compare_stored, decisions
from fetal.workbench.near_duplicates.compare_stored import Stop
from fetal.workbench.near_duplicates.decisions import COPY, DIFFERENT, TOGETHER, LookalikePair
from pages.parts.app import app_state, current_user
from pages.parts.shared import scan_pictures, scan_record
from pages.parts.shared.formatting import label, moment, number, percent, plain

_PER_PAGE = 5
_SEARCH = "search for look-alikes"
_PROBLEM = "lookalike-problem"
_SPLITS: dict[str | None, str] = {
    Split.TRAIN: ":blue-badge[learnt from]",
    Split.VALIDATION: ":violet-badge[checked on while learning]",
    Split.TEST: ":orange-badge[locked away for testing]",
    None: ":gray-badge[not in use yet]",
}
_ABOUT = (
    "Scans that show, or seem to show, the same picture, however they were stored, cut or "
    "mirrored. Two of different patients are worth a look: if they are one patient, the model "
    "could be tested on what it has learnt from. Nothing is deleted here, and all can be taken "
    "back. The filter above does not apply."
)


def badge() -> str:
    """How many pairs wait for a decision, in a few words; empty where none does."""
    count = decisions.undecided(app_state.workbench())
    return f" :orange-badge[{number(count, 'look-alike', 'look-alikes')} to decide on]" * bool(
        count
    )


def show() -> None:
    """All pairs, those that leak first."""
    workbench = app_state.workbench()
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    search()
    which = st.segmented_control(
        "Pairs of scans that look alike",
        ["To decide", "Decided"],
        default="To decide",
        required=True,
        key="lookalike-which",
        help=_ABOUT,
    )
    settled = which == "Decided"
    count = decisions.count_pairs(workbench, settled=settled)
    if not count:
        nothing = "No pair is decided on yet." if settled else "Every pair is decided on."
        others = decisions.count_pairs(workbench, settled=not settled)
        st.info(nothing if others else "No scans look alike.")
        return
    pages = math.ceil(count / _PER_PAGE)
    page = min(st.pagination(pages, key="lookalike-page") if pages > 1 else 1, pages)
    shown = decisions.list_pairs(
        workbench, settled=settled, skip=(page - 1) * _PER_PAGE, most=_PER_PAGE
    )
    views = decisions.show(workbench, shown)
    for pair in shown:
        # One of the two may have been erased a moment ago.
        if pair.scan_id in views and pair.other_id in views:
            one_pair(pair, views[pair.scan_id], views[pair.other_id])


def search() -> None:
    """Compare the scans that wait for it, or all of them again, in the background."""
    work = app_state.works().get(_SEARCH)
    if work is not None and not work.finished:
        app_state.running(_SEARCH, "Comparing scans", "Stop comparing")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if waiting := compare_stored.waiting(app_state.workbench()):
            st.button(
                "Compare them now",
                key="lookalike-rest",
                icon=":material/compare:",
                on_click=start,
                args=(compare_stored.find_new,),
            )
            st.caption(f"{number(waiting, 'scan is', 'scans are')} not compared yet.")
        st.button(
            "Compare all scans again",
            key="lookalike-search",
            icon=":material/compare:",
            on_click=start,
            args=(compare_stored.search,),
        )
    if work is not None and work.failure:
        st.error(plain(work.failure))
    elif work is not None:
        st.caption(f"Found {number(work.result, 'new pair', 'new pairs')}.")


def start(compare: Callable[[Workbench, OnProgress, Stop], int]) -> None:
    """Start comparing in the background."""
    stop, workbench = Event(), app_state.workbench()
    app_state.works()[_SEARCH] = BackgroundWork(
        lambda on_progress: compare(workbench, on_progress, stop.is_set), stop=stop
    )


def one_pair(pair: LookalikePair, one: ScanView, other: ScanView) -> None:
    """Two scans side by side, what speaks for a leak, and the buttons."""
    key = f"{pair.scan_id}-{pair.other_id}"
    with st.container(border=True, key=f"lookalike-{key}"):
        pictures = st.columns([4, 4, 3], gap="medium")
        for place, column, scan in ((1, pictures[0], other), (0, pictures[1], one)):
            with column:
                picture(scan, pair.splits[place])
                scan_record.open_button(scan.id, key=f"open-{key}-{scan.id}")
                if not pair.settled:
                    leave_out(pair, scan, key)
        with pictures[2]:
            st.markdown(_heading(pair))
            st.caption(f"Alike: {percent(pair.similarity)}")
            if one.label != other.label and one.label and other.label:
                st.warning("Their labels differ.", icon=":material/label_off:")
            if not pair.settled:
                undecided(pair, one if pair.held_back == one.id else other, key)
            else:
                decided(pair, (one, other), key)


def leave_out(pair: LookalikePair, scan: ScanView, key: str, words: str = "this one") -> None:
    """The button that calls the two one picture, of which this one is left out."""
    st.button(
        f"Same picture: leave {plain(words)} out",
        key=f"copy-{key}-{scan.id}",
        icon=":material/content_copy:",
        on_click=decide,
        args=(pair, COPY, scan.id),
        help="It keeps its label, and takes no part in training or testing.",
        width="stretch",
    )


def picture(scan: ScanView, split: str | None) -> None:
    """One of the two."""
    scan_pictures.alone(scan.id, scan.name)
    patient = plain(scan.patient) + ("" if scan.named_patient else " (unknown)")
    st.markdown(f"**{plain(scan.name)}** · {label(scan.label)} {_SPLITS[split]}")
    st.caption(f"patient {patient} · added {moment(scan.added_at)}")


def undecided(pair: LookalikePair, held: ScanView, key: str) -> None:
    """What happens until somebody decides, and the decisions on both."""
    if pair.held_back is not None:
        st.caption(f"Until somebody decides, {plain(held.name)} is not learnt from.")
    if pair.across:
        st.button(
            "Same patient: keep together",
            key=f"together-{key}",
            icon=":material/group:",
            on_click=decide,
            args=(pair, TOGETHER),
            help="All scans of both count as one patient’s. If one of the two is locked away for "
            "testing already, the scans of the other are not learnt from.",
            width="stretch",
        )
    st.button(
        "Different: leave as is",
        key=f"different-{key}",
        icon=":material/difference:",
        on_click=decide,
        args=(pair, DIFFERENT),
        width="stretch",
    )


def decided(pair: LookalikePair, both: tuple[ScanView, ScanView], key: str) -> None:
    """What was decided, by whom, and the way back; for another person, the way to decide anew."""
    one, other = both
    left_out = one if pair.left_out == one.id else other
    if pair.decision is None:
        st.info("Another pair made the two patients one.")
        return
    words = {
        COPY: f"One picture twice: {plain(left_out.name)} is left out.",
        TOGETHER: "One patient: kept together.",
        DIFFERENT: "Different: both are used.",
    }
    st.success(words[pair.decision], icon=":material/check:")
    st.caption(f"{plain(pair.who)}, {moment(pair.at)}")
    if pair.who != current_user.name():
        with st.popover("Decide otherwise", key=f"anew-{key}", width="stretch"):
            for scan in both:
                leave_out(pair, scan, key, scan.name)
            undecided(pair, one if pair.held_back == one.id else other, key)
        return
    st.button(
        "Take back",
        key=f"back-{key}",
        icon=":material/undo:",
        on_click=take_back,
        args=(pair,),
    )


def decide(pair: LookalikePair, decision: str, left_out: int | None = None) -> None:
    """Keep a decision."""
    both = (pair.scan_id, pair.other_id)
    try:
        decisions.decide(
            app_state.workbench(),
            both,
            decision,
            current_user.name(),
            left_out,
            # Of a settled pair the person has seen what stands, and decides otherwise.
            only_if_open=not pair.settled,
        )
    except decisions.PairError as error:
        st.session_state[_PROBLEM] = str(error)


def take_back(pair: LookalikePair) -> None:
    """Take a decision back."""
    try:
        decisions.take_back(
            app_state.workbench(), (pair.scan_id, pair.other_id), current_user.name()
        )
    except decisions.PairError as error:
        st.session_state[_PROBLEM] = str(error)


def _heading(pair: LookalikePair) -> str:
    if pair.leaks and not pair.settled:
        return ":red[:material/warning:] **Different patients, and one is locked away for testing**"
    if pair.one_group:
        return "**Two codes of one patient**"
    return "**Different patients**" if pair.across else "**One patient, nearly the same picture**"
