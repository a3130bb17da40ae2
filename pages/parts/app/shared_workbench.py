"""The open workbench, one for the whole app, in nobody's hands yet."""

import streamlit as st

from fetal.workbench import Workbench, open_workbench


@st.cache_resource(show_spinner=False)
def shared() -> Workbench:
    """The workbench as it was opened; pages take `app_state.workbench`, which is a person's."""
    return open_workbench()
