"""Trainings: those that go on, and the ones before."""

from collections.abc import Sequence

import streamlit as st

from fetal.store.states import RunState
from fetal.workbench.core.permissions import Permission
from fetal.workbench.models import promotion
from fetal.workbench.retraining import compare_runs, service, waiting_order
from pages.parts.app import app_state, current_user
from pages.parts.shared import plots
from pages.parts.shared.formatting import duration, moment, percent, plain
from pages.parts.shared.jobs.stop_button import stop_button
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.library_sentences import in_readers_language
from pages.parts.train.settings_words import put, put_stage, words

STATES = {
    RunState.QUEUED: mark("waiting for the worker"),
    RunState.RUNNING: mark("running"),
    RunState.DONE: mark("done"),
    RunState.FAILED: mark("failed"),
    RunState.CANCELLED: mark("cancelled"),
}
"""What a training's state is called."""


@st.fragment(run_every=1.0)
def current(shown: list[int]) -> None:
    """The trainings that go on, wherever they were started.

    Args:
        shown: the trainings that the page around this believes to go on.
    """
    active = service.active(app_state.workbench())
    if [run.id for run in active] != shown:
        st.rerun()
    for run in active:
        one_current(run)


def one_current(run: service.RunView) -> None:
    """One training that waits or goes on: how far it is, and the button that stops it."""
    with st.container(border=True, key=f"active-run-{run.id}"):
        heading, cancel = st.columns([6, 1], vertical_alignment="center")
        at = put_stage(run.stage) if run.stage else _(STATES[run.status])
        heading.subheader(_("Training {number}: {state}").format(number=run.id, state=plain(at)))
        key = f"cancel-run-{run.id}"
        stop_button(cancel, _("Cancel"), key, run.cancelling, cancel_run, run.id)
        progress(run)
        if run.curves:
            plots.curves(run.curves, key=f"curves-active-{run.id}")
        log(run, expanded=False)


def cancel_run(run_id: int) -> None:
    """Stop the training in the person's name."""
    service.cancel(app_state.workbench(), run_id, current_user.name())


def let_come_first(run_id: int) -> None:
    """Have the training come before the others that wait, in the person's name."""
    waiting_order.move_up(app_state.workbench(), run_id, current_user.name())


def try_again(run_id: int) -> None:
    """Have the training go on in the person's name."""
    try:
        service.try_again(app_state.workbench(), run_id, current_user.name())
    except service.KeyRenewalGoesOnError as error:
        app_state.tell("training", str(error))


def progress(run: service.RunView) -> None:
    """Stage, pass, step and time left."""
    if run.status is RunState.QUEUED:
        asked = _("Asked for by {who}, {when}.")
        comes = " " + _("It comes first.") if run.first else ""
        st.caption(
            asked.format(who=plain(run.who), when=moment(run.asked_at)) + comes,
            help=_("It starts as soon as the worker is free; it waits if no worker runs."),
        )
        if app_state.may(Permission.ORDER_TRAININGS) and not run.first:
            st.button(
                _("Let it come first"),
                key=f"move-up-{run.id}",
                icon=":material/vertical_align_top:",
                help=_("It starts before all other trainings that wait."),
                on_click=let_come_first,
                args=(run.id,),
            )
        return
    done = (run.step or 0) / run.steps if run.steps else 0.0
    if run.epochs:
        done = (max(0, (run.epoch or 1) - 1) + done) / run.epochs
    if run.stages:
        done = (max(0, (run.stage_index or 1) - 1) + done) / run.stages
    st.progress(min(1.0, done), text=how_far(run) or _("Starting …"))
    facts = []
    if run.loss is not None:
        loss = customs.decimal(run.loss, 3)
        facts.append(_("error (loss) {value}").format(value=loss))
    if run.accuracy is not None:
        facts.append(_("right answers {share}").format(share=percent(run.accuracy)))
    if run.device:
        facts.append(_("on {device}").format(device=plain(run.device)))
    asked = _("asked for by {who}, {when}")
    facts.append(asked.format(who=plain(run.who), when=moment(run.asked_at)))
    st.caption(" · ".join(facts))


def how_far(run: service.RunView) -> str:
    """How far a training is, in words; empty where it has not said so yet."""
    parts = []
    if run.stages:
        stage = _("stage {number} of {count}")
        parts.append(stage.format(number=run.stage_index, count=run.stages))
    if run.epochs:
        passed = _("pass {number} of {count} over the scans (epoch)")
        parts.append(passed.format(number=run.epoch, count=run.epochs))
    if run.steps:
        parts.append(_("step {number} of {count}").format(number=run.step, count=run.steps))
    if run.seconds_left is not None:
        parts.append(_("about {time} left").format(time=duration(run.seconds_left)))
    return ", ".join(parts).capitalize()


def log(run: service.RunView, *, expanded: bool) -> None:
    """What the training wrote."""
    with st.expander(_("Log"), expanded=expanded, key=f"log-{run.id}"):
        lines = [f"{at.astimezone(customs.zone()):%H:%M:%S}  {text}" for at, text in run.log]
        st.code("\n".join(lines) or _("Nothing yet."), language=None, height=220)


def ready(ended: Sequence[service.RunView]) -> None:
    """The way to the newest training's model, while nobody has promoted it."""
    if ended and awaits_comparison(ended[0]):
        with st.container(horizontal=True, vertical_alignment="center", key="challenger-ready"):
            ready_now = _("“{model}” is ready to be compared.")
            st.success(ready_now.format(model=plain(ended[0].model_name)), width=420)
            st.page_link(
                "pages/models.py", label=_("Compare and promote"), icon=":material/compare_arrows:"
            )


def past(ended: Sequence[service.RunView]) -> None:
    """The trainings before, newest first."""
    if not ended:
        return
    st.subheader(_("Trainings before"))
    for run in ended[:20]:
        one_past(run)


def awaits_comparison(run: service.RunView) -> bool:
    """Whether the training made a model that nobody has promoted yet."""
    return any(
        version.id == run.model_id and version.promoted_at is None
        for version in promotion.versions(app_state.workbench())
    )


def one_past(run: service.RunView) -> None:
    """One training before: how it went, with which settings."""
    title = (
        _("Training {number}: {state}, made “{model}”")
        if run.model_name
        else _("Training {number}: {state}")
    ).format(number=run.id, state=_(STATES[run.status]), model=plain(run.model_name or ""))
    expander = st.expander(
        f"{title} · {plain(run.who)}, {moment(run.asked_at)}",
        key=f"run-{run.id}",
        on_change="rerun",
    )
    if run.status in (RunState.FAILED, RunState.CANCELLED):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                _("Try again"),
                key=f"again-{run.id}",
                icon=":material/replay:",
                on_click=try_again,
                args=(run.id,),
            )
            st.caption(plain(in_readers_language(run.reason or "")))
    elif run.reason:
        st.caption(plain(in_readers_language(run.reason)))
    if not expander.open:
        return
    with expander:
        whole = service.run(app_state.workbench(), run.id)
        if whole.seconds is not None:
            device = whole.device or _("an unknown device")
            took = _("Took {time} on {device}.")
            st.caption(took.format(time=duration(whole.seconds), device=plain(device)))
        if whole.curves:
            plots.curves(whole.curves, key=f"curves-{run.id}")
        st.markdown(_("**Settings**"))
        st.dataframe(
            [
                {_("Setting"): words(name).title, _("Value"): put(name, value)}
                for name, value in compare_runs.flat(whole.settings).items()
            ],
            hide_index=True,
        )
        log(whole, expanded=False)
