"""Trainings: those that go on, and the ones before."""

from collections.abc import Sequence

import streamlit as st

from fetal.store.states import RunState
from fetal.workbench.models import promotion
from fetal.workbench.retraining import compare_runs, service
from pages.parts.app import app_state, current_user
from pages.parts.shared import plots
from pages.parts.shared.formatting import duration, moment, percent, plain
from pages.parts.train.settings_words import put, words

STATES = {
    RunState.QUEUED: "waiting for the worker",
    RunState.RUNNING: "running",
    RunState.DONE: "done",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
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
        heading.subheader(f"Training {run.id}: {plain(run.stage or STATES[run.status])}")
        cancel.button(
            "Stopping …" if run.cancelling else "Cancel",
            key=f"cancel-run-{run.id}",
            disabled=run.cancelling,
            icon=":material/stop_circle:",
            on_click=cancel_run,
            args=(run.id,),
            width="stretch",
        )
        progress(run)
        if run.curves:
            plots.curves(run.curves, key=f"curves-active-{run.id}")
        log(run, expanded=False)


def cancel_run(run_id: int) -> None:
    """Stop the training in the person's name."""
    service.cancel(app_state.workbench(), run_id, current_user.name())


def try_again(run_id: int) -> None:
    """Have the training go on in the person's name."""
    service.try_again(app_state.workbench(), run_id, current_user.name())


def progress(run: service.RunView) -> None:
    """Stage, pass, step and time left."""
    if run.status is RunState.QUEUED:
        st.caption(
            f"Asked for by {plain(run.who)}, {moment(run.asked_at)}.",
            help="It starts as soon as the worker is free; it waits if no worker runs.",
        )
        return
    done = (run.step or 0) / run.steps if run.steps else 0.0
    if run.epochs:
        done = (max(0, (run.epoch or 1) - 1) + done) / run.epochs
    if run.stages:
        done = (max(0, (run.stage_index or 1) - 1) + done) / run.stages
    parts = [f"stage {run.stage_index} of {run.stages}"] if run.stages else []
    if run.epochs:
        parts.append(f"pass {run.epoch} of {run.epochs} over the scans (epoch)")
    if run.steps:
        parts.append(f"step {run.step} of {run.steps}")
    if run.seconds_left is not None:
        parts.append(f"about {duration(run.seconds_left)} left")
    st.progress(min(1.0, done), text=", ".join(parts).capitalize() or "Starting …")
    facts = []
    if run.loss is not None:
        facts.append(f"error (loss) {run.loss:.3f}")
    if run.accuracy is not None:
        facts.append(f"right answers {percent(run.accuracy)}")
    facts += [f"on {plain(run.device)}"] if run.device else []
    facts.append(f"asked for by {plain(run.who)}, {moment(run.asked_at)}")
    st.caption(" · ".join(facts))


def log(run: service.RunView, *, expanded: bool) -> None:
    """What the training wrote."""
    with st.expander("Log", expanded=expanded, key=f"log-{run.id}"):
        lines = [f"{at.astimezone():%H:%M:%S}  {text}" for at, text in run.log]
        st.code("\n".join(lines) or "Nothing yet.", language=None, height=220)


def ready(ended: Sequence[service.RunView]) -> None:
    """The way to the newest training's model, while nobody has promoted it."""
    if ended and awaits_comparison(ended[0]):
        with st.container(horizontal=True, vertical_alignment="center", key="challenger-ready"):
            st.success(f"“{plain(ended[0].model_name)}” is ready to be compared.", width=420)
            st.page_link(
                "pages/models.py", label="Compare and promote", icon=":material/compare_arrows:"
            )


def past(ended: Sequence[service.RunView]) -> None:
    """The trainings before, newest first."""
    if not ended:
        return
    st.subheader("Trainings before")
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
    title = f"Training {run.id}: {STATES[run.status]}"
    if run.model_name:
        title += f", made “{plain(run.model_name)}”"
    expander = st.expander(
        f"{title} · {plain(run.who)}, {moment(run.asked_at)}",
        key=f"run-{run.id}",
        on_change="rerun",
    )
    if run.status in (RunState.FAILED, RunState.CANCELLED):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Try again",
                key=f"again-{run.id}",
                icon=":material/replay:",
                on_click=try_again,
                args=(run.id,),
            )
            st.caption(plain(run.reason or ""))
    elif run.reason:
        st.caption(plain(run.reason))
    if not expander.open:
        return
    with expander:
        whole = service.run(app_state.workbench(), run.id)
        if whole.seconds is not None:
            device = whole.device or "an unknown device"
            st.caption(f"Took {duration(whole.seconds)} on {plain(device)}.")
        if whole.curves:
            plots.curves(whole.curves, key=f"curves-{run.id}")
        st.markdown("**Settings**")
        st.dataframe(
            [
                {"Setting": words(name).title, "Value": put(name, value)}
                for name, value in compare_runs.flat(whole.settings).items()
            ],
            hide_index=True,
        )
        log(whole, expanded=False)
