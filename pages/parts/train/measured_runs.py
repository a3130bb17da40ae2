"""Trainings' models on the locked test set, measured beside the page."""

from collections.abc import Sequence

import streamlit as st

from fetal.workbench.retraining import run_accuracies
from fetal.workbench.retraining.run_accuracies import Tested
from fetal.workbench.retraining.service import RunView
from pages.parts.app import app_state, beside
from pages.parts.shared.formatting import plain
from pages.parts.texts.catalogue import _
from pages.parts.texts.library_sentences import in_readers_language


def measured(picked: Sequence[RunView]) -> Tested | None:
    """What was measured last; it is measured anew beside the page where something is new.

    Args:
        picked: the trainings.

    Returns:
        None while nothing is known yet, of which the page tells.
    """
    workbench = app_state.workbench()
    if not beside.labels_are_read():
        return None
    found, holds = run_accuracies.tested_before(workbench, picked)
    if found is not None and holds:
        return found
    name = f"tested-{'-'.join(str(run.id) for run in picked)}"
    work = beside.begun(name, lambda: run_accuracies.tested(workbench, picked))
    if not work.finished:
        app_state.running(name, _("Measuring the models on the locked test set"))
        return found
    app_state.works().pop(name, None)
    if work.failure:
        st.caption(
            _("The locked test set is left out: {reason}").format(
                reason=plain(in_readers_language(work.failure))
            )
        )
        return Tested(0, 0, {})
    result: Tested = work.result
    return result
