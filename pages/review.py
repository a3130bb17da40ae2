"""Review: one scan at a time, the least known and most doubtful first, by mouse or by keys."""

import time
from functools import partial

import streamlit as st

from fetal.planes import PLANES
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.scan_figures import figures
from fetal.workbench.catalogue.typical_scans import TypicalScan, typical_scans
from fetal.workbench.core.permissions import Permission
from fetal.workbench.reading_queues import queue_progress, reservations
from fetal.workbench.reading_queues.queues import Queue
from pages.parts.app import app_state, erasures, router
from pages.parts.review import bar, keys, label_buttons, reader, stage
from pages.parts.shared import conflict_notices, heat_map, labelling
from pages.parts.shared.formatting import number, plain
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.library_sentences import in_readers_language

_TURN = "review-turn"
_TRAIL = "review-trail"
_SKIPPED = "review-skipped"
_BACK_TO = "review-back-to"
_UNUSABLE, _SKIP, _BACK, _UNDO, _ACCEPT = "u", "s", "b", "z", "a"
_DIGITS = {str(digit): plane.value for digit, plane in enumerate(PLANES, start=1)}
_AHEAD = 6
_TYPICAL_FOR = 600
_TOO_EARLY = mark("Not taken: the next scan was not on the screen yet.")


def main() -> None:
    for name, nothing in ((_TRAIL, []), (_SKIPPED, []), (_TURN, 0)):
        st.session_state.setdefault(name, nothing)
    if not app_state.may(Permission.LABEL):
        st.title(_("Review"))
        app_state.may_or_says_why(Permission.LABEL)
        return
    one_turn()


@st.fragment
def one_turn() -> None:
    """All that a key changes: it draws this anew and leaves the rest of the page as it is."""
    if erasures.heed() or conflict_notices.has_news():
        st.rerun()
    queue = bar.show()
    skipped: list[int] = st.session_state[_SKIPPED]
    scan = current(skipped, queue)
    if scan is None:
        nothing_left(skipped, queue)
    else:
        left_out = [*skipped, scan.id]
        one_scan(scan, reservations.upcoming(app_state.workbench(), left_out, _AHEAD, queue), queue)


def current(skipped: list[int], queue: Queue | None) -> scans.ScanView | None:
    """The scan that a person went back to, otherwise the first of the queue that nobody holds."""
    if (back_to := st.session_state.get(_BACK_TO)) is not None:
        try:
            found = scans.scan(app_state.workbench(), back_to)
        except scans.UnknownScanError as error:
            st.info(plain(in_readers_language(error)))
            del st.session_state[_BACK_TO]
        else:
            reader.look_at(back_to)
            return found
    return reader.next_scan(skipped, queue)


def nothing_left(skipped: list[int], queue: Queue | None) -> None:
    """Return why there is no scan to label, and what to do."""
    workbench = app_state.workbench()
    others = reservations.held_by_others(workbench, reader.reader())
    if not scans.count(workbench):
        st.info(_("There are no scans yet. Add some, and they wait here for a label."))
        ways(train=False)
    elif skipped and reservations.upcoming(workbench, [], queue=queue):
        st.info(
            _("Nothing is left but {number} you skipped.").format(
                number=number(len(skipped), "scan", "scans")
            )
        )
        st.button(_("Show the skipped scans"), key="unskip", on_click=skipped.clear)
    elif queue is not None and not queue_progress.progress(workbench, queue).left:
        st.success(
            _("This queue is done: each of its scans has a label. Choose another one above.")
        )
    elif review.remaining(workbench) and others:
        readers = ", ".join(sorted({reader.in_words(other) for other in others.values()}))
        st.info(
            _(
                "The last scans without a label are on other screens, looked at by: {readers}."
            ).format(readers=readers)
        )
        st.button(_("Look again"), key="look-again", icon=":material/refresh:")
    else:
        st.success(_("Every scan has a label. Add scans, or train the model on your labels."))
        ways(train=True)


def ways(*, train: bool) -> None:
    """The pages to go on with."""
    with st.container(horizontal=True):
        st.page_link("pages/scans.py", label=_("Add scans"), icon=":material/add_photo_alternate:")
        if train:
            st.page_link("pages/train.py", label=_("Train"), icon=":material/model_training:")


def one_scan(scan: scans.ScanView, following: list[int], queue: Queue | None) -> None:
    """The scan, what the model says, and the buttons.

    Args:
        scan: the scan.
        following: the scans that probably come after it.
        queue: what is read.
    """
    workbench = app_state.workbench()
    turn = st.session_state[_TURN]
    found = figures(workbench, [scan.id, *following])
    shown = heat_map.look(scan.id, found.get(scan.id))
    if shown.looked_now:
        # The champion has looked at it by now, even if it was promoted a moment ago.
        scan = scans.scan(workbench, scan.id)
    ahead = [found[number] for number in following if number in found]
    with st.container(key="review-desk"):
        picture, side = st.columns([7, 3], gap="small")
    # The keys look here for what is on the screen.
    with picture, st.container(key=f"review-scan-{scan.id}"):
        if shown.figure is None:
            st.warning(plain(in_readers_language(shown.sentence)), icon=":material/broken_image:")
        else:
            go_on = partial(go, turn=turn, scan_id=scan.id)
            stage.show(shown, heat_map.chosen_view(), ahead, typical(), go_on)
    with side:
        label_buttons.show(scan, lambda value: choose(scan, turn, value, queue))
        steps(scan, turn, queue)
        labelling.note(scan)
        labelling.opinion(scan, named=True)
        reader.stay(scan.id)
    heat_map.look_ahead(ahead[:1])


def typical() -> list[TypicalScan]:
    """A typical scan of each plane, looked up once in a while."""
    return _typical(int(time.monotonic() // _TYPICAL_FOR), app_state.workbench())


# Emptied with all that is kept by number when somebody erases (`erasures`).
@st.cache_data(max_entries=2, show_spinner=False)
def _typical(_now: int, _workbench: Workbench) -> list[TypicalScan]:
    return typical_scans(_workbench)


def steps(scan: scans.ScanView, turn: int, queue: Queue | None) -> None:
    """The buttons that give no label, and the keys of all buttons."""
    with st.container(key="review-steps", horizontal=True, gap="xsmall"):
        st.button(_("Skip"), key="skip", shortcut="S", on_click=skip, args=(scan.id, turn))
        st.button(
            _("Back"),
            key="back",
            shortcut="B",
            on_click=back,
            args=(scan.id, turn),
            disabled=not st.session_state[_TRAIL],
        )
        st.button(_("Undo"), key="undo", shortcut="Z", on_click=undo_last, args=(turn,))
        accept = scan.predicted.value if scan.predicted and scan.predicted != scan.label else None
        taken = [*_DIGITS, _UNUSABLE, _SKIP, _BACK, _UNDO, *([_ACCEPT] if accept else [])]
        keys.listen(scan.id, turn, taken, accept, lambda press: pressed(scan, press, queue))


def pressed(scan: scans.ScanView, press: keys.Press, queue: Queue | None) -> None:
    """Do what the button with this key does."""
    if press.key == _SKIP:
        skip(scan.id, press.turn)
    elif press.key == _BACK:
        back(scan.id, press.turn)
    elif press.key == _UNDO:
        undo_last(press.turn)
    else:
        other = {_UNUSABLE: scans.UNUSABLE, _ACCEPT: press.accept}
        if value := _DIGITS.get(press.key) or other.get(press.key):
            choose(scan, press.turn, value, queue)


def go(number: int, *, turn: int, scan_id: int) -> None:
    """Go to one of the scans that come next, and leave this one for later."""
    if begin(turn):
        st.session_state[_TRAIL].append(scan_id)
        st.session_state[_BACK_TO] = number


def choose(scan: scans.ScanView, turn: int, value: str, queue: Queue | None) -> None:
    """Keep the label and go on to the next scan."""
    if begin(turn):
        labelling.annotate(scan, value, queue.id if queue is not None else None)
        step_past(scan.id)


def skip(scan_id: int, turn: int) -> None:
    """Leave the scan for later and go on to the next one."""
    if begin(turn):
        if scan_id not in (skipped := st.session_state[_SKIPPED]):
            skipped.append(scan_id)
        step_past(scan_id)


def begin(turn: int) -> bool:
    """Whether this is the first click or key of the turn; the next turn begins with it.

    Buttons stay for a moment while the next scan appears, and a second click there is not meant
    for the label that was just given.
    """
    if st.session_state.get(_TURN) != turn:
        st.toast(_(_TOO_EARLY))
        return False
    st.session_state[_TURN] = turn + 1
    return True


def step_past(scan_id: int) -> None:
    """Remember the way, so that a person can go back."""
    st.session_state[_TRAIL].append(scan_id)
    st.session_state.pop(_BACK_TO, None)


def back(scan_id: int, turn: int) -> None:
    """Go back to the scan that was seen before this one."""
    if not begin(turn):
        return
    trail = st.session_state[_TRAIL]
    while trail and (previous := trail.pop()) is not None:
        if previous != scan_id:
            st.session_state[_BACK_TO] = previous
            return


def undo_last(turn: int) -> None:
    """Take back the last thing that the person did, and show its scan again."""
    if begin(turn) and (scan_id := labelling.undo_last()) is not None:
        st.session_state[_BACK_TO] = scan_id


router.page(main)
