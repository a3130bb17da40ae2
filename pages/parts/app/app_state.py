"""The open workbench, one for the whole app, and what goes on while pages are left.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import secrets
from concurrent.futures import ThreadPoolExecutor

import streamlit as st

from fetal.workbench import Workbench
from fetal.workbench.accounts.browser_sessions import BrowserSession, BrowserSessions
from fetal.workbench.core.actor import NotPermittedError
from fetal.workbench.core.permissions import Permission
from pages.parts.app import guard
from pages.parts.app.shared_workbench import shared
from pages.parts.gate import identity
from pages.parts.shared.background import Works
from pages.parts.shared.formatting import plain
from pages.parts.texts.catalogue import _
from pages.parts.texts.customs import whole
from pages.parts.texts.library_sentences import in_readers_language


def workbench() -> Workbench:
    """The workbench, in the hands of whoever asks for this page.

    Raises:
        NotSignedInError: somebody has to sign in, and is not signed in any more.
    """
    return shared().acting_as(identity.actor())


def may(permission: Permission) -> bool:
    """Return whether whoever asks for this page may do something; the workbench decides it."""
    return workbench().actor.may(permission)


def may_or_says_why(permission: Permission) -> bool:
    """Return whether the person may do something; where not, the page says so in place of it."""
    allowed = may(permission)
    if not allowed:
        st.info(plain(in_readers_language(NotPermittedError(permission))), icon=":material/lock:")
    return allowed


@st.cache_resource(show_spinner=False)
def sessions() -> BrowserSessions:
    """What is kept for each browser."""
    return BrowserSessions(shared())


def session() -> BrowserSession:
    """What is kept for the browser that shows this page, and for no other."""
    token = str(st.context.cookies.get(guard.COOKIE))
    if not guard.is_token(token):
        # A browser that keeps no cookies is known as long as its page is open.
        token = st.session_state.setdefault("browser-token", secrets.token_urlsafe(32))
    signed_in = identity.signed_in()
    if signed_in is None:
        return sessions().of(token)
    # Whoever signs in next at this browser is another person, and finds nothing of this one.
    found = sessions().of(f"{signed_in.actor.account_id} at {token}")
    found.who = signed_in.actor.name
    found.desk.workbench = shared().acting_as(signed_in.actor)
    return found


@st.cache_resource(show_spinner=False)
def works() -> Works:
    """Long work by name, such as a comparison, so that a reloaded page finds it again."""
    return Works()


@st.cache_resource(show_spinner=False)
def ahead() -> ThreadPoolExecutor:
    """What is computed before anybody asks for it: one thing at a time, beside the pages."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")


def ask(what: str) -> None:
    """Remember that a button was pressed, until the page comes to it with what it shows then.

    Another click may end the page before that; the next one finds the wish here.
    """
    st.session_state[f"asked-{what}"] = True


def was_asked(what: str) -> bool:
    """Return once whether a button was pressed (`ask`)."""
    return bool(st.session_state.pop(f"asked-{what}", False))


def tell(place: str, sentence: str) -> None:
    """Keep why a click could not be done, for `show_told` at its place on the page."""
    st.session_state[f"told-{place}"] = sentence


def show_told(place: str) -> bool:
    """Show once what was kept for a place; returns whether there was anything."""
    sentence = st.session_state.pop(f"told-{place}", "")
    if sentence:
        st.error(plain(in_readers_language(sentence)))
    return bool(sentence)


def mine(what: str) -> str:
    """Return the name of a long work that only the person at this browser may see."""
    own = session()
    return f"{what} of {own.who} at browser {own.number}"


@st.fragment(run_every=0.5)
def running(name: str, words: str, stop_words: str = "") -> None:
    """How far a long work is; the page is drawn anew when it ends."""
    work = works().get(name)
    if work is None or work.finished:
        st.rerun()
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    far = work.progress
    bar.progress(
        far.share,
        text=_("{words}: {done} of {total}. You can leave this page; it goes on.").format(
            words=words, done=whole(far.done), total=whole(far.total) if far.total else "…"
        ),
    )
    if work.stop is not None:
        stop.button(
            _("Stopping …") if work.stopping else stop_words or _("Stop"),
            key=f"stop-{name}",
            on_click=work.stop.set,
            disabled=work.stopping,
            width="stretch",
        )
