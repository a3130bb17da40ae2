"""What was blanked on a scan of a fresh drop."""

import streamlit as st

from fetal.workbench.catalogue import scans
from pages.parts.app import app_state, current_user
from pages.parts.shared import scan_pictures
from pages.parts.texts.catalogue import _, mark

_GONE = mark(
    "The picture as it arrived is in the program’s memory only, and goes with your next drop. If "
    "something is left in the scan that names a patient, tell your administrator, who can erase "
    "it; then drop the file again, with the switch to check every scan."
)


def show(scan_id: int) -> None:
    """The picture as it arrived beside the scan as it is stored, while the drop is fresh."""
    drops = app_state.session().desk.drops(current_user.name())
    digest = scans.digest_of(app_state.workbench(), scan_id)
    found = (drop.before.get(digest) for drop in drops)
    picture = next((one for one in found if one is not None), None)
    if picture is None:
        return
    with (
        st.expander(_("What was blanked"), key=f"blanked-{scan_id}"),
        st.container(key=f"before-figure-{scan_id}"),
    ):
        before, after = st.columns(2)
        before.image(
            picture,
            width="stretch",
            alt=_("The scan as it arrived"),
            caption=_("As it arrived: what is orange was blanked"),
        )
        with after:
            scan_pictures.alone(
                scan_id, _("The scan as it is stored"), caption=_("As it is stored")
            )
        st.caption(_(_GONE))
