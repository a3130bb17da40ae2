"""The addresses of the gate itself, the few that are open, and the names that it hands on."""

import streamlit as st

from fetal.workbench.accounts.loopback import is_loopback

SIGN_IN = "/sign-in"
SIGNED_OUT = "/sign-in?out=1"
"""The same page, which does not let anybody in by itself."""

STYLE = "/sign-in/style.css"
SIGN_OUT = "/sign-out"
STILL_IN = "/sign-in/holds"
"""Where an open page asks now and then whether its person is still signed in."""

PROVIDER = "/sign-in/provider"
"""Leads to the hospital's provider of identities; open, as is the way back."""

BACK = "/sign-in/provider/back"

HEALTH = "/_stcore/health"

OPEN = frozenset({SIGN_IN, STYLE, HEALTH, PROVIDER, BACK})
"""All that is answered without a sign-in; everything else is closed, whatever it is."""

API = "/api/v1"
"""Where programs are answered; only tokens open it (`fetal.api.token_gate`)."""

API_PAGES = frozenset({f"{API}/docs", f"{API}/openapi.json"})
"""What a signed-in browser may look at there without a token."""

COOKIE = "fetal-sign-in"
"""Holds the random text of a sign-in, until the browser is closed."""

HEADER = "x-fetal-sign-in"
"""What the gate tells pages: the digest of the sign-in; it drops what a browser sends under it."""


def is_for_programs(path: str, *, token: bool) -> bool:
    """Return whether the API's own gate decides on a request.

    Args:
        path: what is asked for, below `base`.
        token: whether the request shows a token.
    """
    return path.startswith(f"{API}/") and (token or path not in API_PAGES)


def base() -> str:
    """Return the path below which the app is served; empty at the top."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def is_alone() -> bool:
    """Return whether the server listens on this computer's own address only."""
    return is_loopback(str(st.get_option("server.address") or ""))
