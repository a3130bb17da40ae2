"""Sign-ins: which browser is whose, for how long, and the end of it.

A browser shows a random text; only its SHA-256 is kept, so that who reads the database gets in
nowhere. Every question is answered from the rows: what was ended is over at once.
"""

import hashlib
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, exists, select, update
from sqlalchemy.orm import Session

from fetal.configuration.declared import IDLE_MINUTES, OIDC_ISSUER, PROXY_HEADER, SIGN_IN_HOURS
from fetal.store.access.account_tables import Account, AccountRole, SignIn
from fetal.store.database import Store
from fetal.store.table_base import now
from fetal.workbench.core.actor import Actor
from fetal.workbench.core.permissions import Role

_KEPT = timedelta(days=30)
"""How long the row of a sign-in that is over stays, for the list of an administrator."""


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that holds.

    Attributes:
        id: its number.
        digest: what is kept of the browser's text.
        actor: the person, with what the roles of now allow.
        seen_at: when the person last did something.
        name: what the account signs in with.
        method: how the person signed in: password, provider or proxy.
        id_token: what the provider of identities gave; None with another method.
    """

    id: int
    digest: str
    actor: Actor
    seen_at: datetime
    name: str
    method: str
    id_token: str | None = None


def digest_of(token: str) -> str:
    """Return what is kept of the text in a browser's cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def accounts_exist(store: Store) -> bool:
    """Return whether anybody has an account: then everybody has to sign in."""
    with store.reading() as session:
        return bool(session.scalar(select(exists().where(Account.id.is_not(None)))))


def everybody_signs_in(store: Store) -> bool:
    """Return whether everybody has to sign in: there is an account, a provider, or a proxy."""
    elsewhere = OIDC_ISSUER.value() or PROXY_HEADER.value()
    return elsewhere is not None or accounts_exist(store)


def passwords_exist(store: Store) -> bool:
    """Return whether anybody signs in with a password of this program."""
    with store.reading() as session:
        return bool(session.scalar(select(exists().where(Account.password.is_not(None)))))


class SignIns:
    """The sign-ins of a workspace.

    Args:
        store: its database.
        clock: tells the present moment.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._clock = clock

    def begin(
        self,
        session: Session,
        account_id: int,
        method: str,
        address: str,
        id_token: str | None = None,
    ) -> str:
        """Let a browser in: with a new text, whatever it showed before.

        Args:
            session: the transaction.
            account_id: whose it is.
            method: how the person signed in.
            address: from where.
            id_token: what the provider of identities gave, to sign the person out there later.

        Returns:
            The text for the browser's cookie; it is kept nowhere else.
        """
        token, at = secrets.token_urlsafe(32), self._clock()
        session.add(
            SignIn(
                digest=digest_of(token),
                account_id=account_id,
                method=method,
                id_token=id_token,
                address=address[:64],
                begun_at=at,
                seen_at=at,
                ends_at=at + timedelta(hours=SIGN_IN_HOURS.value()),
            )
        )
        session.execute(delete(SignIn).where(SignIn.ends_at < at - _KEPT))
        return token

    def find(self, digest: str) -> SignedIn | None:
        """Return the sign-in that holds for a digest; None if it is over or never was."""
        with self._store.reading() as session:
            found = session.execute(self._standing().where(SignIn.digest == digest)).first()
            if found is None:
                return None
            row, account = found
            chosen = select(AccountRole.role).where(AccountRole.account_id == account.id)
            roles = [Role(role) for role in session.scalars(chosen)]
        actor = Actor.with_roles(account.shown, account.id, roles)
        return SignedIn(
            row.id, row.digest, actor, row.seen_at, account.name, row.method, row.id_token
        )

    def standing(self, digests: Collection[str]) -> set[str]:
        """Return those of some digests whose sign-ins hold."""
        with self._store.reading() as session:
            query = self._standing().where(SignIn.digest.in_(list(digests)))
            return {row.digest for row, _ in session.execute(query)}

    def touch(self, digest: str) -> None:
        """Note that the person did something."""
        with self._store.session() as session:
            session.execute(
                update(SignIn).where(SignIn.digest == digest).values(seen_at=self._clock())
            )

    def end(self, session: Session, *which: int) -> None:
        """End sign-ins by their numbers; their browsers are let go of at once."""
        self._end(session, SignIn.id.in_(which))

    def end_by_digest(self, session: Session, digest: str) -> None:
        """End the sign-in of a browser, if there is one."""
        self._end(session, SignIn.digest == digest)

    def end_all_of(self, session: Session, account_id: int) -> None:
        """End all sign-ins of an account."""
        self._end(session, SignIn.account_id == account_id)

    def _end(self, session: Session, condition: ColumnElement[bool]) -> None:
        session.execute(
            update(SignIn)
            .where(condition, SignIn.revoked_at.is_(None))
            .values(revoked_at=self._clock(), id_token=None)
        )

    def _standing(self) -> Select[SignIn, Account]:
        """The sign-ins that hold, whose accounts are open and have a role."""
        at = self._clock()
        return (
            select(SignIn, Account)
            .join(Account, Account.id == SignIn.account_id)
            .where(
                SignIn.revoked_at.is_(None),
                SignIn.ends_at > at,
                SignIn.seen_at > at - timedelta(minutes=IDLE_MINUTES.value()),
                Account.disabled.is_(False),
                exists().where(AccountRole.account_id == Account.id),
            )
        )
