"""The gatekeeper of this process, made once the workspace is open."""

import streamlit as st

from fetal.workbench.accounts.gatekeeper import Gatekeeper
from pages.parts.app import shared_workbench


class _Keeper:
    """Gives the gatekeeper of the workspace that is open."""

    def __init__(self) -> None:
        self._ready: Gatekeeper | None = None

    def __call__(self) -> Gatekeeper:
        self._ready = _of_workspace()
        return self._ready

    def ready(self) -> Gatekeeper | None:
        """Return the gatekeeper if the workspace has been opened; it waits for nothing."""
        return self._ready


keeper = _Keeper()


@st.cache_resource(show_spinner=False)
def _of_workspace() -> Gatekeeper:
    return Gatekeeper(shared_workbench.shared().store)
