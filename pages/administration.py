"""Administration: who may come in, what was done, and how the program is."""

import streamlit as st

from fetal.workbench.core.permissions import Permission
from pages.parts.administration import audit, condition, people, programs
from pages.parts.app import app_state, router
from pages.parts.texts.catalogue import _


def main() -> None:
    st.title(_("Administration"))
    if not app_state.may_or_says_why(Permission.MANAGE_ACCOUNTS):
        return
    who, which, what, how = st.tabs(
        [_("People"), _("Programs"), _("Audit"), _("Health")], key="administration-tab"
    )
    with who:
        people.show()
    with which:
        programs.show()
    with what:
        audit.show()
    with how:
        condition.show()


router.page(main)
