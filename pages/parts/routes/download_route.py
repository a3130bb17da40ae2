"""Where the server gives out files that a page offers, piece by piece, past Streamlit's memory.

`st.download_button` reads a whole file into the app's memory before a browser gets its first byte.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import re
import secrets
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from fetal.workbench import Workbench
from fetal.workbench.core.actor import NotPermittedError
from pages.parts.gate import addresses, identity
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.reader_locale import answering

_SECONDS = 3600
"""How long an address is good for."""
_MOST = 10_000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_GONE = mark(
    "This address gives a file once. Go back to the page in the program and download the file "
    "from there again."
)


@dataclass(frozen=True)
class Offer:
    """A file that one person may fetch once.

    Attributes:
        account_id: the person's account; None where there are no accounts.
        answer: gives the file out; gets the workbench in the hands of whoever asks, which decides
            whether they may. None if the file is not there any more.
    """

    account_id: int | None
    answer: Callable[[Workbench], Response | None]


class Offers:
    """The files that pages offer, by random addresses; safe to share between threads.

    Args:
        clock: tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._offers: dict[str, tuple[Hashable, float, Offer]] = {}
        self._tokens: dict[Hashable, str] = {}

    def add(self, name: Hashable, offer: Offer) -> str:
        """Offer a file.

        Args:
            name: what is offered to whom; the address stays the same until the file was fetched.
            offer: the file.

        Returns:
            The end of its address.
        """
        with self._lock:
            token = self._tokens.pop(name, None) or secrets.token_urlsafe(32)
            self._tokens[name] = token
            # The newest stands last.
            self._offers.pop(token, None)
            self._offers[token] = (name, self._clock() + _SECONDS, offer)
            while len(self._offers) > _MOST:
                self._forget(next(iter(self._offers)))
            return token

    def was_clicked(self, name: Hashable) -> None:
        """Give what is offered another address from now on; the one before still leads to it.

        Args:
            name: as for `add`.
        """
        with self._lock:
            self._tokens.pop(name, None)

    def take(self, token: str, account_id: int | None) -> Offer | None:
        """Return what is offered at an address, and offer it there no more.

        Args:
            token: the end of the address.
            account_id: the account of whoever asks.

        Returns:
            The offer; None if there is none for this person.
        """
        with self._lock:
            _name, until, offer = self._offers.get(token, (None, 0.0, None))
            if offer is None or offer.account_id != account_id:
                return None
            self._forget(token)
            return offer if self._clock() < until else None

    def _forget(self, token: str) -> None:
        name, *_ = self._offers.pop(token)
        if self._tokens.get(name) == token:
            del self._tokens[name]


@st.cache_resource(show_spinner=False)
def offers() -> Offers:
    """The files that the pages of this app offer."""
    return Offers()


def address(name: Hashable, answer: Callable[[Workbench], Response | None]) -> str:
    """Return where the person at this page finds a file, once.

    Args:
        name: what is offered, such as a text and what was chosen.
        answer: as `Offer.answer`.
    """
    account_id = identity.actor().account_id
    token = offers().add((account_id, name), Offer(account_id, answer))
    return f"{addresses.base()}/downloads/{token}"


def was_clicked(name: Hashable) -> None:
    """Have the next address of a file be another one, since its browser fetches it just now."""
    offers().was_clicked((identity.actor().account_id, name))


def routes() -> list[Route]:
    """Return what the server answers besides Streamlit's own addresses."""
    return [Route(f"{addresses.base()}/downloads/{{token}}", _download, methods=["GET"])]


# Not a coroutine: it reads the database, and runs in a thread of its own.
def _download(request: Request) -> Response:
    # The server listens before it has this.
    from pages.parts.app.shared_workbench import shared

    if request.method == "HEAD":
        # Starlette answers it wherever it answers GET; a look ahead must not use the address up.
        return Response(status_code=405, headers={"allow": "GET"})
    actor, token = identity.actor_of(request), str(request.path_params["token"])
    offer = offers().take(token, actor.account_id) if _TOKEN.fullmatch(token) else None
    try:
        answer = offer.answer(shared().acting_as(actor)) if offer is not None else None
    except NotPermittedError as error:
        return PlainTextResponse(str(error), 403)
    if answer is not None:
        return answer
    with answering(request):
        return PlainTextResponse(_(_GONE), 404)
