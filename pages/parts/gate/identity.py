"""Who asks for a page: read here and nowhere else.

The gate drops what a browser sends under its header and sets its own, and Streamlit hands the
headers of a page's websocket on (`st.context.headers`). Its setting `server.trustedUserHeaders`
would bring the same to `st.user`; it is experimental, and what it reads is fixed when the websocket
opens. Here the sign-in is looked up each time, so that other roles hold at the next click.
"""

import streamlit as st
from starlette.requests import Request

from fetal.workbench.accounts.sign_ins import SignedIn
from fetal.workbench.core.actor import THE_ONE_PERSON_HERE, Actor, NotSignedInError
from pages.parts.gate import addresses
from pages.parts.gate.keeper import keeper


def shown_digest() -> str | None:
    """Return what the gate said of whoever opened this page; None where it said nothing."""
    return st.context.headers.get(addresses.HEADER)


def signed_in() -> SignedIn | None:
    """Return the sign-in of whoever asks for this page; None where nobody has to sign in.

    Raises:
        NotSignedInError: the sign-in is over.
    """
    return _checked(shown_digest())


def actor() -> Actor:
    """Return who asks for this page.

    Raises:
        NotSignedInError: somebody has to sign in, and is not signed in any more.
    """
    found = signed_in()
    return found.actor if found is not None else THE_ONE_PERSON_HERE


def actor_of(request: Request) -> Actor:
    """Return who sends a request that is no page, such as for a picture.

    Raises:
        NotSignedInError: as for `actor`.
    """
    found = _checked(request.headers.get(addresses.HEADER))
    return found.actor if found is not None else THE_ONE_PERSON_HERE


def _checked(digest: str | None) -> SignedIn | None:
    if not keeper().closed():
        return None
    found = keeper().find_by_digest(digest) if digest else None
    if found is None:
        raise NotSignedInError
    return found
