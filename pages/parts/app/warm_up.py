"""What the first scan needs, made ready while the server starts and a person types a name."""

import logging
from contextlib import suppress

import streamlit as st

from fetal.bundle import BundleError
from fetal.progress import BackgroundWork
from fetal.scans.sandboxed_reading import client
from fetal.store.failures import sentence_for
from fetal.workbench import NoModelError
from pages.parts.app.shared_workbench import shared

logger = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def warm_up() -> BackgroundWork[None]:
    """Make all ready that the first scan needs, once for the whole app.

    This module imports little, since the model is compiled in threads of OpenVINO: while these
    work, the rest of the app is imported.
    """
    return BackgroundWork(lambda on_progress: _open(), name="warm-up")


def _open() -> None:
    client.warm_up()
    try:
        # The pages say in their own words that no model predicts.
        with suppress(NoModelError, BundleError):
            shared().champion().model.warm_up()
        _catch_up()
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        # The page says it too, to whoever is there.
        logger.warning("%s", sentence)


def _catch_up() -> None:
    """Do what an earlier version, or a program that was killed, has left to do."""
    from fetal.workbench.datasets.label_reading import read_labels
    from fetal.workbench.near_duplicates import compare_stored
    from fetal.workbench.near_duplicates.ranks import follow_splits

    # What an older program stored was never compared; what a stop leaves is for the next start.
    compare_stored.catch_up(shared())
    # A retraining that was killed at its start may have left the list as it was.
    follow_splits(shared().store)
    # So that the first look at Train or Models need not wait for it.
    read_labels(shared())
