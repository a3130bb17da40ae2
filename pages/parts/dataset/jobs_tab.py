"""Jobs: long work on very many files or scans, how far it is, and what it set aside."""

import streamlit as st

from fetal.store.states import RunState
from fetal.workbench.batches import steer_batches
from fetal.workbench.batches.batch_list import BatchView, batch_jobs, set_aside
from fetal.workbench.core.permissions import Permission
from pages.parts.app import app_state, current_user
from pages.parts.shared.formatting import duration, moment, plain
from pages.parts.shared.jobs.stop_button import stop_button
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark, ngettext
from pages.parts.texts.library_sentences import in_readers_language

_STATES = {
    RunState.QUEUED: mark("waiting for the worker"),
    RunState.RUNNING: mark("running"),
    RunState.DONE: mark("done"),
    RunState.FAILED: mark("failed"),
    RunState.CANCELLED: mark("cancelled"),
}
_TITLES = (
    mark("Look for likely mistakes among the labels"),
    mark("Work out what to label next"),
    mark("Bring the map of scans up to date"),
    mark("Predict all stored scans, and write a table"),
    mark("Look for copies among the scans that a model sees alike"),
    mark("Predict a folder"),
)
"""Titles that are always the same; of an archive, a person may give one."""

_SHOWN = 20
_NAMED = 100


def show() -> None:
    """Show the jobs that go on, and those before."""
    if not app_state.may_or_says_why(Permission.STEER_BATCHES):
        return
    st.caption(
        _("Long work on very many files or scans, wherever it was started."),
        help=_(
            "Imports, predictions of a whole archive, what follows a promotion, checks of labels, "
            "searches for look-alikes. What is done stays when a job is cancelled or its computer "
            "fails."
        ),
    )
    app_state.show_told("jobs")
    jobs = batch_jobs(app_state.workbench(), _SHOWN)
    going_on([one.name for one in jobs if one.is_active])
    for one in jobs:
        if not one.is_active:
            ended(one)
    if not jobs:
        st.info(_("No job has been started yet."))


@st.fragment(run_every=2.0)
def going_on(shown: list[str]) -> None:
    """The jobs that wait or work, wherever they were started.

    Args:
        shown: the jobs that the page around this believes to go on.
    """
    jobs = [one for one in batch_jobs(app_state.workbench(), _SHOWN) if one.is_active]
    if [one.name for one in jobs] != shown:
        st.rerun()
    for one in jobs:
        active(one)


def active(one: BatchView) -> None:
    """One job that waits or works: how far it is, and the button that stops it."""
    with st.container(border=True, key=f"job-{one.name}"):
        words, stop = st.columns([5, 1], vertical_alignment="center")
        words.markdown(f"**{title(one)}**")
        stop_button(stop, _("Cancel"), f"cancel-job-{one.name}", one.cancelling, cancel, one.name)
        if one.status is RunState.RUNNING:
            st.progress(one.progress.share, text=far(one) or _("Starting …"))
        told = [_("Job {name}").format(name=one.name), _(_STATES[one.status])]
        if one.machine:
            told.append(_("on {device}").format(device=plain(one.machine)))
        started = _("started by {who}, {when}")
        told.append(started.format(who=plain(one.who), when=moment(one.asked_at)))
        st.caption(" · ".join(told))
        refused(one)


def far(one: BatchView) -> str:
    """How far a job is, how quickly it goes on and how long it takes still, in words."""
    told, progress = [], one.progress
    if progress.total:
        told.append(done_of(progress.done, progress.total))
    if progress.shards:
        part = _("part {number} of {count}")
        told.append(
            part.format(
                number=customs.whole(progress.shards_done), count=customs.whole(progress.shards)
            )
        )
    if progress.rate is not None:
        told.append(_("{rate} a second").format(rate=customs.decimal(progress.rate, 1)))
    if progress.seconds_left is not None:
        told.append(_("about {time} left").format(time=duration(progress.seconds_left)))
    if progress.price is not None:
        price = customs.decimal(progress.price, 2)
        told.append(_("the rest costs about {price}").format(price=price))
    return " · ".join(told)


def title(one: BatchView) -> str:
    """What a job is called, in the reader's language where the program named it."""
    return _(one.title) if one.title in _TITLES else plain(one.title)


def done_of(done: int, total: int) -> str:
    """How many are done, of how many."""
    return _("{done} of {total}").format(done=customs.whole(done), total=customs.whole(total))


def ended(one: BatchView) -> None:
    """One job before: how it ended, what it set aside, and another try."""
    heading = _("Job {name}: {title}, {state} · {who}, {when}").format(
        name=one.name,
        title=title(one),
        state=_(_STATES[one.status]),
        who=plain(one.who),
        when=moment(one.asked_at),
    )
    with st.expander(heading, key=f"job-{one.name}"):
        if one.reason:
            st.markdown(plain(in_readers_language(one.reason)))
        if one.progress.total:
            st.caption(done_of(one.progress.done, one.progress.total))
        refused(one)
        if one.may_repeat:
            st.button(
                _("Try again"),
                key=f"repeat-job-{one.name}",
                icon=":material/replay:",
                help=_("A worker goes on where it was; what is done is not done again."),
                on_click=repeat,
                args=(one.name,),
            )


def refused(one: BatchView) -> None:
    """What a job could not read or predict, with the reasons."""
    if not one.progress.refused and not one.named:
        return
    count = max(one.progress.refused, one.named)
    said = ngettext("{n} was set aside:", "{n} were set aside:", count)
    st.markdown(said.format(n=customs.whole(count)))
    rows = set_aside(app_state.workbench(), one.name, _NAMED)
    st.dataframe(
        [
            {
                _("Which"): row.scan or _("file {n}").format(n=customs.whole(row.place)),
                _("Why"): plain(in_readers_language(row.sentence)),
            }
            for row in rows
        ],
        hide_index=True,
        key=f"set-aside-{one.name}",
    )
    if any(row.scan is None for row in rows):
        st.caption(
            _(
                "Files are counted as they are listed in the archive. Their names may identify "
                "patients, so that only the table of results, or the import's report, has them."
            )
        )


def cancel(name: str) -> None:
    """Stop a job in the person's name."""
    steer_batches.cancel_batch(app_state.workbench(), name, current_user.name())


def repeat(name: str) -> None:
    """Have a job go on in the person's name."""
    try:
        steer_batches.repeat_batch(app_state.workbench(), name, current_user.name())
    except steer_batches.CannotRepeatError as error:
        app_state.tell("jobs", str(error))
