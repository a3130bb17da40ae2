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
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark, ngettext
from pages.parts.texts.library_sentences import in_readers_language

_PER_PAGE = 5
_SEARCH = "search-for-look-alikes"
_PROBLEM = "lookalike-problem"
_WHICH = (mark("To decide"), mark("Decided"))
_SPLITS: dict[str | None, str] = {
    Split.TRAIN: mark(":blue-badge[learnt from]"),
    Split.VALIDATION: mark(":violet-badge[checked on while learning]"),
    Split.TEST: mark(":orange-badge[locked away for testing]"),
    None: mark(":gray-badge[not in use yet]"),
}
_ABOUT = mark(
    "Scans that show, or seem to show, the same picture, however they were stored, cut or "
    "mirrored. Two of different patients are worth a look: if they are one patient, the model "
    "could be tested on what it has learnt from. Nothing is deleted here, and all can be taken "
    "back. The filter above does not apply."
)


def badge() -> str:
    """How many pairs wait for a decision, in a few words; empty where none does."""
    count = decisions.undecided(app_state.workbench())
    words = ngettext("{n} look-alike to decide on", "{n} look-alikes to decide on", count)
    return f" :orange-badge[{words.format(n=customs.whole(count))}]" if count else ""


def show() -> None:
    """All pairs, those that leak first."""
    workbench = app_state.workbench()
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(in_readers_language(problem)))
    search()
    which = st.segmented_control(
        _("Pairs of scans that look alike"),
        _WHICH,
        format_func=_,
        default=_WHICH[0],
        required=True,
        key="lookalike-which",
        help=_(_ABOUT),
    )
    settled = which == _WHICH[1]
    count = decisions.count_pairs(workbench, settled=settled)
    if not count:
        nothing = _("No pair is decided on yet.") if settled else _("Every pair is decided on.")
        others = decisions.count_pairs(workbench, settled=not settled)
        st.info(nothing if others else _("No scans look alike."))
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
        app_state.running(_SEARCH, _("Comparing scans"), _("Stop comparing"))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if waiting := compare_stored.waiting(app_state.workbench()):
            st.button(
                _("Compare them now"),
                key="lookalike-rest",
                icon=":material/compare:",
                on_click=start,
                args=(compare_stored.find_new,),
            )
            words = ngettext(
                "{n} scan is not compared yet.", "{n} scans are not compared yet.", waiting
            )
            st.caption(words.format(n=customs.whole(waiting)))
        st.button(
            _("Compare all scans again"),
            key="lookalike-search",
            icon=":material/compare:",
            on_click=start,
            args=(compare_stored.search,),
        )
    if work is not None and work.failure:
        st.error(plain(in_readers_language(work.failure)))
    elif work is not None:
        pairs = number(work.result, "new pair", "new pairs")
        st.caption(_("Found {pairs}.").format(pairs=pairs))


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
            st.caption(_("Alike: {share}").format(share=percent(pair.similarity)))
            if one.label != other.label and one.label and other.label:
                st.warning(_("Their labels differ."), icon=":material/label_off:")
            if not pair.settled:
                undecided(pair, one if pair.held_back == one.id else other, key)
            else:
                decided(pair, (one, other), key)


def leave_out(pair: LookalikePair, scan: ScanView, key: str, *, named: bool = False) -> None:
    """The button that calls the two one picture, of which this one is left out."""
    words = _("Same picture: leave {scan} out") if named else _("Same picture: leave this one out")
    st.button(
        words.format(scan=plain(scan.name)),
        key=f"copy-{key}-{scan.id}",
        icon=":material/content_copy:",
        on_click=decide,
        args=(pair, COPY, scan.id),
        help=_("It keeps its label, and takes no part in training or testing."),
        width="stretch",
    )


def picture(scan: ScanView, split: str | None) -> None:
    """One of the two."""
    scan_pictures.alone(scan.id, scan.name)
    st.markdown(f"**{plain(scan.name)}** · {label(scan.label)} {_(_SPLITS[split])}")
    sentence = (
        _("patient {code} · added {when}")
        if scan.named_patient
        else _("patient {code} (unknown) · added {when}")
    )
    st.caption(sentence.format(code=plain(scan.patient), when=moment(scan.added_at)))


def undecided(pair: LookalikePair, held: ScanView, key: str) -> None:
    """What happens until somebody decides, and the decisions on both."""
    if pair.held_back is not None:
        sentence = _("Until somebody decides, {scan} is not learnt from.")
        st.caption(sentence.format(scan=plain(held.name)))
    if pair.across:
        st.button(
            _("Same patient: keep together"),
            key=f"together-{key}",
            icon=":material/group:",
            on_click=decide,
            args=(pair, TOGETHER),
            help=_(
                "All scans of both count as one patient’s. If one of the two is locked away for "
                "testing already, the scans of the other are not learnt from."
            ),
            width="stretch",
        )
    st.button(
        _("Different: leave as is"),
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
        st.info(_("Another pair made the two patients one."))
        return
    words = {
        COPY: _("One picture twice: {scan} is left out.").format(scan=plain(left_out.name)),
        TOGETHER: _("One patient: kept together."),
        DIFFERENT: _("Different: both are used."),
    }
    st.success(words[pair.decision], icon=":material/check:")
    st.caption(f"{plain(pair.who)}, {moment(pair.at)}")
    if pair.who != current_user.name():
        with st.popover(_("Decide otherwise"), key=f"anew-{key}", width="stretch"):
            for scan in both:
                leave_out(pair, scan, key, named=True)
            undecided(pair, one if pair.held_back == one.id else other, key)
        return
    st.button(
        _("Take back"),
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
        leaks = _("**Different patients, and one is locked away for testing**")
        return f":red[:material/warning:] {leaks}"
    if pair.one_group:
        return _("**Two codes of one patient**")
    if pair.across:
        return _("**Different patients**")
    return _("**One patient, nearly the same picture**")
