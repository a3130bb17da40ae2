"""The open workbench: one for the whole app, and the drops that go on while pages are left."""

from contextlib import suppress
from threading import Thread

import streamlit as st

from fetal.bundle import BundleError
from fetal.workbench import NoModelError, Workbench, lookalikes, open_workbench
from fetal.workbench.drops import Drop, IntakeDesk
from fetal.workbench.intake import warm_up as warm_up_reading
from pages.parts.background import Work


@st.cache_resource(show_spinner=False)
def workbench() -> Workbench:
    """The workbench that every page of every person shares."""
    return open_workbench()


@st.cache_resource(show_spinner=False)
def intake_desk() -> IntakeDesk:
    """The desk that takes in drops of scans, whether or not a page watches."""
    return IntakeDesk(workbench())


@st.cache_resource(show_spinner=False)
def drops() -> dict[str, Drop]:
    """The newest drop of each person, so that a reloaded page finds it again."""
    return {}


@st.cache_resource(show_spinner=False)
def works() -> dict[str, Work]:
    """Long work by name, such as an import, so that a reloaded page finds it again."""
    return {}


@st.cache_resource(show_spinner=False)
def warm_up() -> Thread:
    """Make all ready that the first scan needs while the person still types a name."""
    thread = Thread(target=_open, name="warm-up", daemon=True)
    thread.start()
    return thread


def _open() -> None:
    warm_up_reading()
    # The pages say in their own words that no model predicts.
    with suppress(NoModelError, BundleError):
        workbench().champion()
    # What an older program stored was never compared; what a stop leaves is for the next start.
    lookalikes.catch_up(workbench())


@st.fragment(run_every=0.5)
def running(name: str, words: str) -> None:
    """How far a long work is; the page is drawn anew when it ends."""
    work = works()[name]
    if work.finished:
        st.rerun()
    bar, stop = st.columns([6, 1], vertical_alignment="center")
    bar.progress(
        work.done / max(1, work.total),
        text=f"{words}: {work.done:,} of {f'{work.total:,}' if work.total else '…'}. "
        "You can leave this page; it goes on.",
    )
    if work.stop is not None:
        stopping = work.stop.is_set()
        stop.button(
            "Stopping …" if stopping else "Stop",
            key=f"stop-{name}",
            on_click=work.stop.set,
            disabled=stopping,
            width="stretch",
        )
