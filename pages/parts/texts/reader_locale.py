"""In which language a reader has the pages, and by which customs numbers and dates are written.

Both are the browser's, unless the reader chose a language at the foot of the page. The choice is
kept in a cookie, which the page's script writes (`browser.js`) and the sign-in page reads too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import streamlit as st
from starlette.requests import HTTPConnection
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.parts.texts.languages import ENGLISH, LANGUAGES, first_spoken, language_of, preferred

COOKIE = "fetal-language"
"""Holds the language that a reader chose, for a year; it says nothing else of them."""

_CHOSEN = "language-chosen"


@dataclass(frozen=True)
class ReaderLocale:
    """How a reader is written to.

    Attributes:
        language: the code of the texts' language, one of `LANGUAGES`.
        customs: the tag (BCP 47) whose numbers and dates are used, such as `es-MX`.
        zone: the time zone by its IANA name; None is this computer's.
    """

    language: str = ENGLISH
    customs: str = "en-GB"
    zone: str | None = None


NOBODY = ReaderLocale()
"""Where no browser asks: English, this computer's time zone."""

_READER: ContextVar[ReaderLocale | None] = ContextVar("reader_locale", default=None)


def current() -> ReaderLocale:
    """Return the locale of whoever reads what is being written now.

    It is looked up once in each thread that draws a page, since each look at the session's state
    is a place where Streamlit may end the page for a newer click.
    """
    found = _READER.get()
    if found is None:
        if get_script_run_ctx(suppress_warning=True) is None:
            return NOBODY
        found = look_again()
    return found


def look_again() -> ReaderLocale:
    """Look up whose page is drawn; the first thing that a page does."""
    header = st.context.headers.get("Accept-Language") or ""
    tags = [st.context.locale, *preferred(header)]
    chosen = str(st.session_state.get(_CHOSEN) or st.context.cookies.get(COOKIE) or "")
    found = made_from([tag for tag in tags if tag], chosen, st.context.timezone)
    _READER.set(found)
    return found


def choose(language: str) -> None:
    """Have the page of this browser speak a language from now on; for a widget's callback."""
    st.session_state[_CHOSEN] = language
    look_again()


def chosen() -> str | None:
    """Return the language that was chosen while this page is open; None if none was."""
    found: str | None = st.session_state.get(_CHOSEN)
    return found


@contextmanager
def answering(request: HTTPConnection) -> Iterator[ReaderLocale]:
    """Write for the browser that sent a request, where no page of Streamlit's is drawn."""
    tags = preferred(request.headers.get("accept-language", ""))
    token = _READER.set(made_from(tags, request.cookies.get(COOKIE, ""), None))
    try:
        yield current()
    finally:
        _READER.reset(token)


@contextmanager
def writing_for(reader: ReaderLocale) -> Iterator[None]:
    """Write for a reader who is given."""
    token = _READER.set(reader)
    try:
        yield
    finally:
        _READER.reset(token)


def made_from(tags: list[str], chosen: str, zone: str | None) -> ReaderLocale:
    """Return the locale for what a browser says and a reader chose.

    Args:
        tags: the browser's languages, the most wanted first.
        chosen: the language that the reader chose, or empty.
        zone: the browser's time zone.

    Returns:
        Texts in the chosen language, else in the first one that the pages speak; numbers and
        dates as the browser's first tag has them, or as the chosen language does where that is
        another one.
    """
    language = chosen if chosen in LANGUAGES else first_spoken(tags)
    customs = tags[0] if tags else NOBODY.customs
    if chosen in LANGUAGES and language_of(customs) != language:
        same = (tag for tag in tags if language_of(tag) == language)
        customs = next(same, NOBODY.customs if language == ENGLISH else language)
    return ReaderLocale(language, customs, zone or None)
