"""The way to every page: who is at the screen, the menu, the page, its foot."""

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from fetal.store.failures import sentence_for
from fetal.store.rights import keep_to_owner
from fetal.workbench.core.permissions import Permission
from pages.parts.app import (
    app_state,
    browser,
    callbacks,
    current_user,
    erasures,
    footer,
    offline,
    theme,
    warm_up,
)
from pages.parts.review import reader
from pages.parts.shared import conflict_notices
from pages.parts.shared.jobs import run_notices
from pages.parts.texts import reader_locale
from pages.parts.texts.catalogue import _
from pages.parts.texts.library_sentences import in_readers_language

_PAGES = Path(__file__).parents[2]
_ON_THE_WAY: ContextVar[bool] = ContextVar("on_the_way", default=False)

offline.stay()
keep_to_owner()


def run() -> None:
    """Show the page that the address names, once the person has given a name."""
    reader_locale.look_again()
    st.set_page_config(page_title=_("Fetal planes"), page_icon=theme.ICON, layout="wide")
    theme.apply()
    callbacks.let_them_finish()
    warm_up.warm_up()
    page = st.navigation(
        [
            st.Page(
                _PAGES / "scans.py", title=_("Scans"), icon=":material/imagesmode:", default=True
            ),
            st.Page(_PAGES / "review.py", title=_("Review"), icon=":material/fact_check:"),
            st.Page(_PAGES / "dataset.py", title=_("Dataset"), icon=":material/grid_view:"),
            st.Page(_PAGES / "train.py", title=_("Train"), icon=":material/model_training:"),
            st.Page(_PAGES / "models.py", title=_("Models"), icon=":material/compare_arrows:"),
            *_for_administrators(),
        ],
        position="top",
    )
    body = st.container()
    try:
        footer.show()
        browser.prepare(signed_in=current_user.is_signed_in())
        with body:
            _show(page)
        erasures.watch()
        run_notices.watch()
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        body.error(in_readers_language(sentence))


def _for_administrators() -> list[StreamlitPage]:
    """What stands in the menu for those who look after accounts, where there are any."""
    try:
        looks_after = current_user.is_signed_in() and app_state.may(Permission.MANAGE_ACCOUNTS)
    except Exception:
        # Why the workspace cannot be used is told where the page is shown.
        return []
    place = _PAGES / "administration.py"
    page = st.Page(place, title=_("Administration"), icon=":material/admin_panel_settings:")
    return [page] if looks_after else []


def _show(page: StreamlitPage) -> None:
    """Show a page to the person who is at this browser, once the name is given."""
    current_user.ask()
    erasures.heed()
    if page.url_path != "review":
        reader.leave()
    app_state.show_told(callbacks.REFUSED)
    conflict_notices.show()
    run_notices.show()
    token = _ON_THE_WAY.set(True)
    try:
        page.run()
    finally:
        _ON_THE_WAY.reset(token)


def page(show: Callable[[], None]) -> None:
    """Show a page, by way of the router in any case.

    Until the router has run once, Streamlit runs what stands in a folder named `pages` by itself:
    whoever opened an address such as `/review` just after a start would meet a page without menu,
    and would not be asked for a name.

    Args:
        show: shows the page.
    """
    if _ON_THE_WAY.get():
        show()
    else:
        run()
