"""The sign-in page itself: a small page of the server's own, without Streamlit."""

import hmac
import re
import secrets
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fetal.workbench.accounts.sign_ins import passwords_exist
from fetal.workbench.single_sign_on.provider import provider
from pages.parts.gate import addresses, cookies
from pages.parts.gate.keeper import keeper
from pages.parts.texts.catalogue import _
from pages.parts.texts.library_sentences import in_readers_language
from pages.parts.texts.reader_locale import answering

FORM_COOKIE = "fetal-form"
"""Holds a random text that the form repeats, so that no other site can send it in."""

_PAGE = Environment(autoescape=True).from_string(
    Path(__file__).with_name("sign_in.html.jinja").read_text(encoding="utf-8")
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


async def show_form(
    request: Request, going: str, problem: str = "", status: int = 200, name: str = ""
) -> Response:
    """Show the page.

    Args:
        request: what the browser asked.
        going: the page that is to be shown after signing in.
        problem: why the last try failed.
        status: of the answer.
        name: what was typed as a name.
    """
    text = _form_text(request) or secrets.token_urlsafe(32)
    proxied = getattr(request.state, "proxied", None)
    there = provider() is not None
    passwords = await run_in_threadpool(passwords_exist, keeper().store)
    with answering(request) as reader:
        page = _PAGE.render(
            _=_,
            language=reader.language,
            base=addresses.base(),
            form=_repeated(text),
            going=going,
            next=quote(going),
            problem=in_readers_language(problem),
            name=name[:80],
            provider=there,
            proxied=proxied.shown if proxied is not None and not problem else "",
            passwords=passwords or not (there or proxied),
            out="out" in request.query_params,
        )
    # Without a referrer, browsers would not say from which page the form comes.
    answer = HTMLResponse(page, status, {"Referrer-Policy": "same-origin"})
    cookies.give(answer, request, FORM_COOKIE, text, "strict")
    return answer


def is_own_form(request: Request, repeated: str) -> bool:
    """Return whether a form was shown to the browser that sends it in.

    Args:
        request: what the browser sends.
        repeated: the form's own field.
    """
    text = _form_text(request)
    return text is not None and hmac.compare_digest(_repeated(text).encode(), repeated.encode())


def let_in(request: Request, going: str, token: str) -> Response:
    """Lead a browser to a page, with the cookie of a sign-in that has just begun."""
    answer = RedirectResponse(f"{addresses.base()}{going}", 303)
    cookies.give(answer, request, addresses.COOKIE, token, "lax")
    cookies.take(answer, FORM_COOKIE)
    return answer


def safe(going: str) -> str:
    """Return where to go after signing in: a place of the app itself, whatever the address says."""
    return going if re.fullmatch(r"/[a-z-]{0,40}", going) else "/"


def _form_text(request: Request) -> str | None:
    text = cookies.text_in(request, FORM_COOKIE)
    return text if text is not None and _TOKEN.fullmatch(text) else None


def _repeated(text: str) -> str:
    return sha256(f"sign in {text}".encode()).hexdigest()
