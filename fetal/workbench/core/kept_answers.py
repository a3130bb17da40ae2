"""Answers to requests that may be sent again: what was done once is not done a second time.

A program that loses its connection cannot know whether its request was carried out. It sends the
request again with the same key, and has the answer of the first time (the header
`Idempotency-Key`, draft-ietf-httpapi-idempotency-key-header).

Of the key only a digest is kept, and the answer is encrypted with it: what a program may be told,
such as names of files, must not stand in the database.
"""

import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from fetal.store.access.api_tables import ApiAnswer
from fetal.store.database import Store
from fetal.store.table_base import now

KEPT = timedelta(hours=24)
"""How long an answer is kept."""

ABANDONED = timedelta(seconds=20)
"""After how long without a sign of life a request counts as one of a program that was killed."""

RENEWED_SECONDS = 4.0
"""How often a program that works on a request gives a sign of life."""

_NONCE = 12


class OtherRequestError(ValueError):
    """The key of an earlier request came with another request."""

    def __init__(self) -> None:
        super().__init__(
            "Expected the same request as the first one with this Idempotency-Key, received "
            "another one. Give every new request a key of its own."
        )


class StillWorkedOnError(RuntimeError):
    """The first request with this key has no answer yet."""

    def __init__(self) -> None:
        super().__init__(
            "The first request with this Idempotency-Key is still worked on. Wait a few seconds, "
            "and send it again for its answer."
        )


@dataclass(frozen=True)
class KeptAnswer:
    """What was answered.

    Attributes:
        status: the HTTP status.
        body: the JSON text.
    """

    status: int
    body: bytes


class KeptAnswers:
    """The answers that a workspace keeps.

    Args:
        store: its database.
        clock: tells the present moment.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._clock = clock

    def begin(self, owner: str, key: str, request: bytes) -> KeptAnswer | None:
        """Take a request on, unless it was answered before.

        Args:
            owner: who asks; keys of different owners never meet.
            key: the request's key, as the program chose it.
            request: a digest of all that is asked.

        Returns:
            The answer of the first time; None where this is the first time.

        Raises:
            OtherRequestError: the key belongs to another request.
            StillWorkedOnError: the first request is not answered yet.
        """
        asked = hmac.new(key.encode(), request, "sha256").hexdigest()
        at, name = self._clock(), _name(owner, key)
        with self._store.session() as session:
            forgotten = ApiAnswer.begun_at < at - KEPT
            abandoned = ApiAnswer.status.is_(None) & (ApiAnswer.begun_at < at - ABANDONED)
            session.execute(delete(ApiAnswer).where(forgotten | abandoned))
            row = session.get(ApiAnswer, name)
            if row is None:
                session.add(ApiAnswer(key=name, request=asked, begun_at=at))
                return None
        if not hmac.compare_digest(row.request, asked):
            raise OtherRequestError
        if row.status is None or row.sealed is None:
            raise StillWorkedOnError
        return KeptAnswer(row.status, _opened(key, name, row.sealed))

    @contextmanager
    def at_work(self, owner: str, key: str) -> Iterator[None]:
        """Give signs of life of a request that was taken on, until the block is left."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(RENEWED_SECONDS):
                mine = ApiAnswer.key == _name(owner, key)
                # What is locked or away now is tried again soon.
                with suppress(SQLAlchemyError), self._store.session() as session:
                    session.execute(update(ApiAnswer).where(mine).values(begun_at=self._clock()))

        thread = threading.Thread(target=renew, name="request", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def keep(self, owner: str, key: str, answer: KeptAnswer) -> None:
        """Keep the answer to a request that was taken on."""
        name = _name(owner, key)
        with self._store.session() as session:
            row = session.get(ApiAnswer, name)
            if row is not None:
                row.status, row.sealed = answer.status, _sealed(key, name, answer.body)

    def let_go(self, owner: str, key: str) -> None:
        """Forget a request that was not carried out, so that it can be sent again."""
        with self._store.session() as session:
            session.execute(delete(ApiAnswer).where(ApiAnswer.key == _name(owner, key)))


def forget_answers(session: Session) -> None:
    """Forget all answers: they may name what is being erased."""
    session.execute(delete(ApiAnswer))


def _name(owner: str, key: str) -> str:
    return hashlib.sha256(f"{owner}\n{key}".encode()).hexdigest()


def _sealed(key: str, name: str, body: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_secret(key)).encrypt(nonce, body, name.encode())


def _opened(key: str, name: str, sealed: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(_secret(key)).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())


def _secret(key: str) -> bytes:
    return hashlib.sha256(f"answer\n{key}".encode()).digest()
