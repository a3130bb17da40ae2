"""What takes too long to wait for: it is computed beside the page, which is then drawn anew."""

from collections.abc import Callable
from typing import Any

from fetal.progress import BackgroundWork
from fetal.workbench.datasets.label_reading import has_read_labels, read_labels
from pages.parts.app import app_state
from pages.parts.texts.catalogue import _

SECONDS = 0.15
"""How long a page waits for what may be there at once."""


def begun(name: str, task: Callable[[], Any]) -> BackgroundWork[Any]:
    """Return the work of a name, which begins now if nobody began it before.

    Args:
        name: tells it from all other work of the app.
        task: what to do.

    Returns:
        The work; what takes a moment only has ended already.
    """
    works = app_state.works()
    work = works.get(name)
    if work is None:
        works[name] = work = BackgroundWork(lambda on_progress: task(), name="beside")
        work.wait(SECONDS)
    return work


def labels_are_read() -> bool:
    """Return whether all labels are in memory; where not, they are read, and the page says so."""
    workbench, name = app_state.workbench(), "labels"
    if has_read_labels(workbench):
        return True
    work = begun(name, lambda: read_labels(workbench))
    if not work.finished:
        app_state.running(name, _("Reading the labels"))
        return False
    # What went wrong is told where the labels are asked for; it is tried anew each time.
    app_state.works().pop(name, None)
    return True
