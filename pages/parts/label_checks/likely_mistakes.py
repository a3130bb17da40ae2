"""Labels that are likely wrong, the model's word beside the person's."""

import math

import streamlit as st

from fetal.planes import Plane
from fetal.workbench.catalogue.scans import ScanFilter, UnknownScanError
from fetal.workbench.core.permissions import Permission
from fetal.workbench.label_quality import suspects
from fetal.workbench.label_quality.check_requests import CheckView
from fetal.workbench.label_quality.suspects import Suspect
from pages.parts.app import app_state, current_user
from pages.parts.review import queue_choice
from pages.parts.shared import conflict_notices, labelling, scan_pictures, scan_record
from pages.parts.shared.formatting import in_prose, label, number, percent, plain
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark, ngettext
from pages.parts.texts.library_sentences import in_readers_language

_PER_PAGE = 6
_HOW = mark(
    "A small classifier was asked about each scan after it had learnt from the labels of all "
    "*other* patients. Where it is sure of another plane than the label, one of the two is wrong. "
    "Scans that are locked away for testing are looked at, and nothing is learnt from them."
)


def show(check: CheckView) -> None:
    """The newest list, a page at a time; what is settled stays in its place.

    Args:
        check: the check that made it; done.
    """
    found = suspects.count_suspects(app_state.workbench(), check.id)
    heading(check, found)
    if not found:
        st.success(_("No label speaks against what the scans look like."))
        return
    if waiting := suspects.waiting_scans(app_state.workbench(), check.id):
        st.button(
            _("Go through them on the Review page"),
            key="suspects-queue",
            icon=":material/fact_check:",
            type="tertiary",
            on_click=queue_choice.read,
            args=(_("Likely mistakes"), ScanFilter(ids=tuple(waiting))),
            kwargs={"as_listed": True},
        )
    pages = math.ceil(found / _PER_PAGE)
    opened = f"suspects-first-{check.id}"
    if opened not in st.session_state:
        st.session_state[opened] = first_open(check, found)
    key = f"suspects-page-{check.id}"
    page = min(
        st.pagination(pages, default=st.session_state[opened], key=key) if pages > 1 else 1, pages
    )
    shown = suspects.suspects(
        app_state.workbench(), check.id, skip=(page - 1) * _PER_PAGE, most=_PER_PAGE
    )
    for start in range(0, len(shown), 2):
        for column, one in zip(st.columns(2, gap="medium"), shown[start : start + 2], strict=False):
            with column:
                card(one)


def heading(check: CheckView, found: int) -> None:
    """How much was looked at, and how much is left."""
    left = len(suspects.waiting_scans(app_state.workbench(), check.id))
    figures = check.result
    wrong = ngettext(
        "**{n} label is probably wrong** of {all}.",
        "**{n} labels are probably wrong** of {all}.",
        figures["likely_wrong"],
    ).format(n=customs.whole(figures["likely_wrong"]), all=customs.whole(figures["scans"]))
    listed = ngettext(
        "{n} scan is listed; {left} still to look at.",
        "{n} scans are listed, the most doubtful first; {left} still to look at.",
        found,
    ).format(n=customs.whole(found), left=customs.whole(left))
    st.markdown(f"{wrong} {listed}", help=_(_HOW))
    if figures["learnt"]:
        st.caption(
            _(
                "The model behind it, {model}, has itself learnt from {scans} of this workspace."
            ).format(
                model=plain(figures["network"]), scans=number(figures["learnt"], "scan", "scans")
            ),
            help=_("A mistake that it has learnt, too, may not be listed."),
        )


def first_open(check: CheckView, found: int) -> int:
    """The page, counted from 1, with the first scan that nobody has looked at yet."""
    listed = suspects.suspects(app_state.workbench(), check.id, most=found)
    places = [place for place, one in enumerate(listed) if not one.settled]
    return places[0] // _PER_PAGE + 1 if places else 1


def card(one: Suspect) -> None:
    """One scan: its picture, both words, and the choice between them."""
    with st.container(border=True, key=f"suspect-{one.scan.id}"):
        picture, words = st.columns([1, 1], gap="medium")
        with picture:
            scan_pictures.small(one.scan.id, one.scan.name)
            scan_record.open_button(
                one.scan.id, key=f"suspect-open-{one.scan.id}", words=_("Neither, or look closer")
            )
        with words:
            both_words(one)
            if one.settled:
                settled(one)
            elif app_state.may(Permission.LABEL):
                choices(one)


def both_words(one: Suspect) -> None:
    """What the person said and what the model says."""
    by = f" · {plain(one.scan.labelled_by)}" if one.scan.labelled_by and not one.settled else ""
    st.markdown(_("Label: **{plane}**").format(plane=label(one.label)) + by)
    opinion, share = label(one.opinion), percent(one.probability)
    st.markdown(_("Model: **{plane}**, {share}").format(plane=opinion, share=share))
    if one.held_out:
        st.markdown(
            _(":orange-badge[locked away for testing]"),
            help=_(
                "Models are compared on this label. Change it only where the scan leaves no "
                "doubt, not because the model says so."
            ),
        )


def choices(one: Suspect) -> None:
    """The two buttons."""
    st.button(
        _("Change to {plane}").format(plane=in_prose(one.opinion)),
        key=f"suspect-change-{one.scan.id}",
        icon=":material/smart_toy:",
        on_click=settle,
        args=(one, one.opinion),
        width="stretch",
    )
    st.button(
        _("Keep {plane}").format(plane=in_prose(one.label)),
        key=f"suspect-keep-{one.scan.id}",
        icon=":material/person_check:",
        help=_("Confirms the label in your name; the next check does not list it again."),
        on_click=settle,
        args=(one, one.label),
        width="stretch",
    )


def settled(one: Suspect) -> None:
    """What became of it, and the way back where it is the person's own."""
    labelling.state(one.scan)
    if one.scan.labelled_by == current_user.name() and one.scan.label_id is not None:
        st.button(
            _("Undo"),
            key=f"suspect-undo-{one.scan.id}",
            icon=":material/undo:",
            on_click=labelling.undo,
            args=(one.scan.label_id,),
        )


def settle(one: Suspect, word: Plane) -> None:
    """Keep the person's choice as a label."""
    try:
        done = suspects.settle(app_state.workbench(), one, word, current_user.name())
    except UnknownScanError as error:
        st.toast(plain(in_readers_language(error)))
    else:
        conflict_notices.remember(done.conflict)
