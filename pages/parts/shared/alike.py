"""More like this, under a scan's record."""

import streamlit as st

from fetal.bundle import BundleError
from fetal.workbench import NoModelError
from fetal.workbench.label_quality.more_like_this import more_like
from pages.parts.app import app_state
from pages.parts.shared import scan_pictures
from pages.parts.shared.formatting import label, plain
from pages.parts.texts.catalogue import _
from pages.parts.texts.library_sentences import in_readers_language

_SHOWN = 6


def show(scan_id: int) -> None:
    """The scans that the model sees most alike; looked for only while it is open."""
    listed = st.expander(_("More like this"), key=f"alike-{scan_id}", on_change="rerun")
    if not listed.open:
        return
    with listed:
        try:
            found = more_like(app_state.workbench(), scan_id, _SHOWN)
        except (NoModelError, BundleError) as error:
            st.info(plain(in_readers_language(error)))
            return
        if not found:
            st.caption(_("No other scan is compared yet: bring the Dataset page’s map up to date."))
        for column, scan in zip(st.columns(_SHOWN), found, strict=False):
            with column:
                scan_pictures.small(scan.id, scan.name)
                said = label(scan.label)
                st.caption(f"{said} · {plain(scan.name)}")
