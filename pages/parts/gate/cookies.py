"""The cookies of the gate: read from a request, given with an answer, never to scripts."""

from http.cookies import CookieError, SimpleCookie

from starlette.requests import Request
from starlette.responses import Response

from pages.parts.gate import addresses


def text_in(request: Request, name: str) -> str | None:
    """Return what a browser sends in a cookie; None if nothing, or if the header is broken."""
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value[:100] if found is not None and found.value else None


def give(answer: Response, request: Request, name: str, text: str, same_site: str) -> None:
    """Give a browser a cookie that goes when it is closed.

    Args:
        answer: what is sent to it.
        request: what it asked; over HTTPS the cookie is for HTTPS alone.
        name: the cookie's name.
        text: what it holds.
        same_site: `strict`, or `lax` where a link from elsewhere has to bring it.
    """
    secure = "; Secure" if request.scope["scheme"] == "https" else ""
    answer.headers.append(
        "Set-Cookie",
        f"{name}={text}; Path={path()}; HttpOnly; SameSite={same_site.title()}{secure}",
    )


def take(answer: Response, name: str) -> None:
    """Have a browser forget a cookie."""
    answer.delete_cookie(name, path=path())


def path() -> str:
    """Return the path for which the cookies are."""
    return addresses.base() or "/"
