"""A browser's way to the provider of identities and back.

What was asked is kept as a row; the browser holds a random text alone. So an answer is taken once,
from the browser that was sent, within ten minutes.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fetal.store.access import audit_chain
from fetal.store.access.account_tables import PendingSignIn
from fetal.store.access.audit_chain import EventKind
from fetal.store.database import Store
from fetal.store.table_base import now
from fetal.workbench.accounts.sign_ins import digest_of
from fetal.workbench.core.actor import Origin
from fetal.workbench.single_sign_on.outside_person import PROVIDER, admit
from fetal.workbench.single_sign_on.provider import Provider, ProviderError

LASTS = timedelta(minutes=10)
MOST_AT_ONCE = 50
"""How many sign-ins from one address may be on their way."""


class NotAskedError(RuntimeError):
    """An answer that was not asked for by this browser, not lately, or was taken before."""

    def __init__(self) -> None:
        super().__init__("The sign-in took too long, or was begun in another window. Try again.")


class TooManyPendingError(RuntimeError):
    """Very many sign-ins were begun from one address and not ended."""

    def __init__(self) -> None:
        super().__init__("Too many sign-ins were begun from here. Wait ten minutes.")


def begin(
    store: Store,
    provider: Provider,
    back: str,
    going: str,
    address: str,
    clock: Callable[[], datetime] = now,
) -> tuple[str, str]:
    """Send a browser to the provider.

    Args:
        store: the workspace's database.
        provider: the provider.
        back: the address of this program to which the browser comes back.
        going: the page that is to be shown then.
        address: from where the browser asks.
        clock: tells the present moment.

    Returns:
        Where the browser goes, and the text for its cookie.

    Raises:
        ProviderError: the provider does not answer.
        TooManyPendingError: too many were begun from the same address.
    """
    at, browser = clock(), secrets.token_urlsafe(32)
    with store.session() as session:
        session.execute(delete(PendingSignIn).where(PendingSignIn.ends_at <= at))
        count = select(func.count()).where(PendingSignIn.address == address[:64])
        full = (session.scalar(count) or 0) >= MOST_AT_ONCE
    if full:
        raise TooManyPendingError
    asked = provider.ask(back)
    with store.session() as session:
        session.add(
            PendingSignIn(
                state=digest_of(asked.state),
                browser=digest_of(browser),
                nonce=asked.nonce,
                verifier=asked.verifier,
                going=going,
                address=address[:64],
                ends_at=at + LASTS,
            )
        )
    return asked.url, browser


def finish(
    store: Store,
    provider: Provider,
    answer: dict[str, str],
    browser: str | None,
    back: str,
    address: str,
    *,
    before: str | None = None,
    clock: Callable[[], datetime] = now,
) -> tuple[str, str]:
    """Let the person in whom the provider names.

    Args:
        store: the workspace's database.
        provider: the provider.
        answer: the query with which the browser came back.
        browser: the text in its cookie.
        back: as it was given to `begin`.
        address: from where.
        before: the sign-in that the browser showed until now; it ends.
        clock: tells the present moment.

    Returns:
        A new text for the cookie of the sign-in, and the page to be shown.

    Raises:
        NotAskedError: this browser did not ask for it.
        ProviderError: the provider refused, does not answer, or is not to be believed.
        NotAdmittedError: the person may not come in.
    """
    with store.session() as session:
        pending = _taken(session, answer.get("state", ""), browser, clock())
        if pending is None:
            _tell(session, "sign-in that was not asked for", address)
    if pending is None:
        raise NotAskedError
    try:
        if "code" not in answer:
            raise ProviderError(answer.get("error", "no code in the answer"))
        person, id_token = provider.person(
            answer["code"], back, pending.nonce, pending.verifier, answer.get("iss")
        )
    except ProviderError as error:
        with store.session() as session:
            _tell(session, "sign-in that the provider did not confirm", address, error.reason)
        raise
    token = admit(store, person, address, before=before, id_token=id_token, clock=clock)
    return token, pending.going


def _taken(session: Session, state: str, browser: str | None, at: datetime) -> PendingSignIn | None:
    """The row of what was asked, taken out: an answer counts once."""
    row = session.get(PendingSignIn, digest_of(state))
    if row is None or browser is None or row.browser != digest_of(browser):
        return None
    session.delete(row)
    session.flush()
    return row if row.ends_at > at else None


def _tell(session: Session, what: str, address: str, reason: str = "") -> None:
    more: dict[str, Any] = {"reason": reason} if reason else {}
    audit_chain.append(
        session,
        EventKind.REFUSED,
        "somebody",
        origin=Origin.GATE,
        what=what,
        by=PROVIDER,
        address=address,
        **more,
    )
