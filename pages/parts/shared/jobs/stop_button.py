"""The button that stops a job, whatever kind of job it is."""

from collections.abc import Callable
from typing import TypeVar

from streamlit.delta_generator import DeltaGenerator

from pages.parts.texts.catalogue import _

Job = TypeVar("Job")


def stop_button(
    place: DeltaGenerator,
    words: str,
    key: str,
    cancelling: bool,
    stop: Callable[[Job], None],
    job: Job,
) -> None:
    """Show it; once it was pressed, it says that the job is stopping.

    Args:
        place: where it is shown, in its whole width.
        words: what it says.
        key: its key.
        cancelling: whether the job was asked to stop and has not yet.
        stop: stops the job.
        job: what names it.
    """
    place.button(
        _("Stopping …") if cancelling else words,
        key=key,
        icon=":material/stop_circle:",
        disabled=cancelling,
        on_click=stop,
        args=(job,),
        width="stretch",
    )
