"""Review: one scan at a time, the least known and most doubtful first, by mouse or by keys."""

import streamlit as st

from fetal.workbench import review, views
from pages.parts import desk, figure, labelling, person, router
from pages.parts.words import label as label_words
from pages.parts.words import moment, number, plain

_SHOWN = "review-shown"
_KEYS = (
    "The letters and digits on the buttons are keys that press them. Undo takes back the last "
    "label you gave; unusable scans are kept, but never trained on."
)


def main() -> None:
    bench = desk.workbench()
    trail: list[int] = st.session_state.setdefault("review-trail", [])
    skipped: list[int] = st.session_state.setdefault("review-skipped", [])
    heading, left = st.columns([3, 1], vertical_alignment="center")
    heading.title("Review")
    left.markdown(f"**{number(review.remaining(bench), 'scan', 'scans')}** without a label")
    scan = current(skipped)
    if scan is None:
        nothing_left(skipped)
    else:
        one_scan(scan, trail)
    done_today()
    if scan is not None:
        look_ahead(skipped, scan.id)


def look_ahead(skipped: list[int], scan_id: int) -> None:
    """Have the champion look at the scan after this one, so that it appears at once."""
    following = review.next_scan(desk.workbench(), [*skipped, scan_id])
    if following is not None:
        figure.explain_scan(following.id)


def current(skipped: list[int]) -> views.ScanView | None:
    """The scan that a person went back to, otherwise the most doubtful one."""
    bench = desk.workbench()
    back_to = st.session_state.get("review-back-to")
    if back_to is not None:
        return views.scan(bench, back_to)
    doubtful = review.next_scan(bench, skipped)
    if doubtful is None or figure.explain_scan(doubtful.id) is None:
        return doubtful
    # The champion has looked at it by now, even if it was promoted a moment ago.
    return views.scan(bench, doubtful.id)


def nothing_left(skipped: list[int]) -> None:
    """What to do when every scan has a label."""
    if skipped:
        st.info(f"Nothing is left but {number(len(skipped), 'scan', 'scans')} you skipped.")
        st.button("Show the skipped scans", key="unskip", on_click=skipped.clear)
        return
    st.success("Every scan has a label. Add scans, or train the model on your labels.")
    with st.container(horizontal=True):
        st.page_link("pages/scans.py", label="Add scans", icon=":material/add_photo_alternate:")
        st.page_link("pages/train.py", label="Train", icon=":material/model_training:")


def one_scan(scan: views.ScanView, trail: list[int]) -> None:
    """The scan, what the model says, and the buttons."""
    st.session_state[_SHOWN] = scan.id
    pictures, verdict = st.columns([7, 3], gap="medium")
    with pictures:
        with st.popover("Heat map", icon=":material/tune:", key="heat-popover"):
            view = figure.heat_controls()
        figure.show(scan.id, view)
    with verdict:
        # What comes and goes above the button has a place of its own, so that the button stays put.
        with st.container():
            labelling.opinion(scan)
            labelling.state(scan)
        with st.container():
            labelling.accept(scan, lambda value: choose(scan.id, value, note), shortcut=True)
        note = st.text_input(
            "Note", key=f"note-{scan.id}", max_chars=2000, value=scan.note, placeholder="optional"
        )
    labelling.corrections(scan, lambda value: choose(scan.id, value, note), shortcuts=True)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            "Skip",
            key="skip",
            icon=":material/skip_next:",
            shortcut="S",
            on_click=skip,
            args=(scan.id,),
        )
        st.button(
            "Back",
            key="back",
            icon=":material/arrow_back:",
            shortcut="B",
            on_click=back,
            args=(scan.id,),
            disabled=not trail,
        )
        st.button(
            "Undo",
            key="undo",
            icon=":material/undo:",
            shortcut="Z",
            on_click=undo_last,
        )
        if note.strip() != scan.note.strip():
            st.button(
                "Keep the note without a label",
                key="keep-note",
                type="tertiary",
                on_click=keep_note,
                args=(scan.id, note.strip()),
            )
        st.caption(_KEYS, width="content")


def choose(scan_id: int, value: str, note: str) -> None:
    """Keep the label and go on to the next scan."""
    if still_shown(scan_id):
        labelling.annotate(scan_id, value, note.strip())
        step_past(scan_id)


def keep_note(scan_id: int, note: str) -> None:
    """Keep a note without a label."""
    review.note(desk.workbench(), scan_id, note, person.name())


def skip(scan_id: int) -> None:
    """Leave the scan for later and go on to the next one."""
    skipped = st.session_state["review-skipped"]
    if not still_shown(scan_id):
        return
    if scan_id not in skipped:
        skipped.append(scan_id)
    step_past(scan_id)


def still_shown(scan_id: int) -> bool:
    """Whether the scan awaits its first click or key.

    Its buttons stay for a moment while the next scan appears, and a key presses both: the label
    that was just given must not be overwritten.
    """
    if st.session_state.get(_SHOWN) != scan_id:
        return False
    del st.session_state[_SHOWN]
    return True


def step_past(scan_id: int) -> None:
    """Remember the way, so that a person can go back."""
    st.session_state["review-trail"].append(scan_id)
    st.session_state.pop("review-back-to", None)


def back(scan_id: int) -> None:
    """Go back to the scan that was seen before this one."""
    trail = st.session_state["review-trail"]
    while trail and (previous := trail.pop()) is not None:
        if previous != scan_id:
            st.session_state["review-back-to"] = previous
            return


def undo_last() -> None:
    """Take back the person's last label, and show its scan again."""
    bench = desk.workbench()
    mine = [done for done in review.today(bench, person.name()) if not done.undone]
    review.undo_last(bench, person.name())
    if mine:
        st.session_state["review-back-to"] = mine[0].scan_id


def done_today() -> None:
    """What was labelled today, each with a way back."""
    done = review.today(desk.workbench())
    with st.expander(f"Done today: {number(len(done), 'entry', 'entries')}", key="today"):
        if not done:
            st.caption("Nothing yet.")
        for entry in done[:50]:
            row(entry)


def row(entry: review.Done) -> None:
    """One entry of today."""
    said, way_back = st.columns([6, 1], vertical_alignment="center")
    what = "note" if entry.kind == "note" else label_words(entry.label)
    words = f"{moment(entry.at)} · {plain(entry.scan)} · **{what}** · {plain(entry.who)}"
    if entry.note:
        words += f" · “{plain(entry.note)}”"
    said.markdown(f"~~{words}~~ taken back" if entry.undone else words)
    if not entry.undone and entry.who == person.name():
        way_back.button(
            "Undo",
            key=f"undo-{entry.annotation_id}",
            type="tertiary",
            on_click=labelling.undo,
            args=(entry.annotation_id,),
        )


router.page(main)
