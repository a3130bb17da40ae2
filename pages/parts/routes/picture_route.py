"""Where the server gives out the pictures of stored scans, beside Streamlit's own addresses."""

import re

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_DIGEST = re.compile(r"[0-9a-f]{64}")


def address(digest: str) -> str:
    """Return where a browser finds the picture of the scan with a digest."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' if base else ''}{base}/pictures/{digest}"


def small_address(digest: str) -> str:
    """Return where a browser finds a small picture of the scan with a digest."""
    return address(f"small/{digest}")


def routes() -> list[Route]:
    """Return what the server answers besides Streamlit's own addresses."""
    return [
        Route(small_address("{digest}"), _picture, methods=["GET"], name="small"),
        Route(address("{digest}"), _picture, methods=["GET"]),
    ]


# Not a coroutine: it reads the database and a file, and runs in a thread of its own.
def _picture(request: Request) -> Response:
    """Give out the picture of a scan that is in the workspace.

    The workspace is asked at every request, so that nothing is given out after an erasure. No
    browser may keep it on a disk: `guard.Protection` sees to that.
    """
    # The server listens before it has these.
    from pages.parts.app.shared_workbench import shared
    from pages.parts.gate import identity
    from pages.parts.shared import scan_pictures

    digest = str(request.path_params["digest"])
    workbench = shared().acting_as(identity.actor_of(request))
    small = "/small/" in request.url.path
    known = bool(_DIGEST.fullmatch(digest))
    found = scan_pictures.by_digest(digest, workbench, small=small) if known else None
    if found is None:
        return Response(status_code=404)
    return Response(found, media_type="image/png")
