"""What every page does in the browser: own words for a lost program, and text before clicks."""

from pathlib import Path

import streamlit as st

from pages.parts.gate import addresses, cookies
from pages.parts.texts import reader_locale
from pages.parts.texts.catalogue import _

_COMPONENT = st.components.v2.component(
    "fetal_browser", js=Path(__file__).with_name("browser.js").read_text(encoding="utf-8")
)


_LEAVING = "leaving"


def leave() -> None:
    """Sign the person out with the next look of the page, in all tabs of this browser."""
    st.session_state[_LEAVING] = True


def prepare(*, signed_in: bool) -> None:
    """Bring it into the page.

    Args:
        signed_in: whether somebody signed in, so that the page has to look whether that holds.
    """
    leaving = bool(st.session_state.pop(_LEAVING, False))
    chosen = reader_locale.chosen()
    data = {
        "base": addresses.base(),
        "signedIn": signed_in,
        "leaving": leaving,
        "language": reader_locale.current().language,
        "cookie": f"{reader_locale.COOKIE}={chosen}; Path={cookies.path()}" if chosen else "",
        "lost": _(
            "The program does not answer. What was kept so far is safe. If it runs on this "
            "computer, start it again with “fetal serve”; otherwise ask whoever looks after it. "
            "This page goes on by itself as soon as the program is back."
        ),
    }
    _COMPONENT(key="in-the-browser", height="content", data=data)
