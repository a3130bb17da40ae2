"""Tokens of the API: made and revoked by an administrator, looked up at every request.

A token is a random text. Only its SHA-256 is kept, so that who reads the database gets in nowhere.
"""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fetal.configuration.declared import TOKEN_DAYS
from fetal.store.access.account_tables import Account, AccountRole
from fetal.store.access.api_tables import ApiToken
from fetal.store.access.audit_chain import EventKind
from fetal.store.database import Store
from fetal.store.table_base import now
from fetal.workbench.accounts.password_sign_in import normal_name
from fetal.workbench.accounts.people import AccountError
from fetal.workbench.accounts.sign_ins import digest_of
from fetal.workbench.accounts.tokens.scopes import Scope, permissions_of
from fetal.workbench.core.actor import Actor, Origin
from fetal.workbench.core.permissions import Permission, Role
from fetal.workbench.core.workbench import Workbench

PREFIX = "fetal_"
"""How every token begins, so that programs that look for secrets in files can find it."""

_USED_EVERY = timedelta(minutes=1)


class TokenRefusedError(RuntimeError):
    """A token opens nothing.

    Attributes:
        reason: why, in a few words for the audit, such as `token 3: revoked`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            "Expected “Authorization: Bearer TOKEN” with a token that holds, received none or one "
            "that is unknown, has ended or was revoked. Ask your administrator for a token."
        )
        self.reason = reason


@dataclass(frozen=True)
class TokenView:
    """One token, as an administrator sees it.

    Attributes:
        id: its number.
        name: what it is for.
        account: the name that its account signs in with.
        scopes: what it may be used for.
        made_by: who made it.
        made_at: when.
        ends_at: when it ends by itself.
        revoked_at: when it was revoked; None if it was not.
        used_at: when it was last used, to the minute; None if never.
    """

    id: int
    name: str
    account: str
    scopes: tuple[Scope, ...]
    made_by: str
    made_at: datetime
    ends_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None

    @property
    def holds(self) -> bool:
        """Whether it has neither ended nor been revoked."""
        return self.over_at > now()

    @property
    def over_at(self) -> datetime:
        """When it ends, or ended."""
        return self.ends_at if self.revoked_at is None else min(self.revoked_at, self.ends_at)


@dataclass(frozen=True)
class TokenUse:
    """A token that holds, at one request.

    Attributes:
        id: its number.
        name: what it is for.
        scopes: what it may be used for.
        ends_at: when it ends.
        actor: its account, with what both its roles of now and the scopes allow.
    """

    id: int
    name: str
    scopes: frozenset[Scope]
    ends_at: datetime
    actor: Actor


def make_token(
    workbench: Workbench, account: str, name: str, scopes: Collection[Scope], days: int
) -> tuple[int, str]:
    """Make a token with which a program acts for an account.

    Args:
        workbench: the workbench.
        account: the name that the account signs in with.
        name: what the token is for, such as the computer that will hold it.
        scopes: what it may be used for; at least one.
        days: for how many days it holds, at most `FETAL_TOKEN_DAYS`.

    Returns:
        Its number, and its text, which is kept nowhere and shown once.

    Raises:
        NotPermittedError: the person may not manage accounts.
        AccountError: there is no such account, or one of the values cannot be used.
    """
    by = workbench.permit(Permission.MANAGE_ACCOUNTS) or workbench.actor.name
    name, most = " ".join(name.split())[:80], TOKEN_DAYS.value()
    if not name:
        raise AccountError("Give the token a name that says what it is for, such as “scanner 2”.")
    if not scopes:
        raise AccountError(
            f"Choose what the token may be used for: at least one of {', '.join(Scope)}."
        )
    if not 1 <= days <= most:
        raise AccountError(
            f"Expected a token for 1 to {most} days, received {days}. Choose fewer days; "
            "FETAL_TOKEN_DAYS sets the most."
        )
    text = PREFIX + secrets.token_urlsafe(32)
    with workbench.store.session() as session:
        owner = session.scalar(select(Account.id).where(Account.name == normal_name(account)))
        if owner is None:
            raise AccountError(f"There is no account “{account}”. “fetal user list” shows all.")
        row = ApiToken(
            digest=digest_of(text),
            account_id=owner,
            name=name,
            scopes=sorted(scopes),
            made_by=by[:80],
            ends_at=now() + timedelta(days=days),
        )
        session.add(row)
        session.flush()
        workbench.tell(
            session, EventKind.TOKEN_MADE, account=owner, token=row.id, scopes=sorted(scopes)
        )
        return row.id, text


def tokens(workbench: Workbench) -> list[TokenView]:
    """Return all tokens, the newest first; those that have ended too.

    Args:
        workbench: the workbench.

    Raises:
        NotPermittedError: the person may not manage accounts.
    """
    workbench.permit(Permission.MANAGE_ACCOUNTS)
    query = (
        select(ApiToken, Account.name)
        .join(Account, Account.id == ApiToken.account_id)
        .order_by(ApiToken.id.desc())
    )
    with workbench.store.reading() as session:
        return [
            TokenView(
                row.id, row.name, account, tuple(Scope(one) for one in row.scopes), row.made_by,
                row.made_at, row.ends_at, row.revoked_at, row.used_at,
            )
            for row, account in session.execute(query)
        ]  # fmt: skip


def revoke_token(workbench: Workbench, number: int) -> None:
    """End a token: the next request with it is refused.

    Args:
        workbench: the workbench.
        number: the token.

    Raises:
        NotPermittedError: the person may not manage accounts.
        AccountError: there is no such token.
    """
    workbench.permit(Permission.MANAGE_ACCOUNTS)
    with workbench.store.session() as session:
        row = session.get(ApiToken, number)
        if row is None:
            raise AccountError(
                f"There is no token with the number {number}. “fetal user token list” shows all."
            )
        if row.revoked_at is None:
            row.revoked_at = now()
            workbench.tell(session, EventKind.TOKEN_REVOKED, account=row.account_id, token=row.id)


def use_token(store: Store, text: str, clock: Callable[[], datetime] = now) -> TokenUse:
    """Return who acts with a token; it is looked up each time, so that its end holds at once.

    Args:
        store: the workspace's database.
        text: the token.
        clock: tells the present moment.

    Raises:
        TokenRefusedError: the token is unknown, has ended or was revoked, or its account is closed
            or has no role.
    """
    with store.reading() as session:
        row = session.scalars(select(ApiToken).where(ApiToken.digest == digest_of(text))).first()
        if row is None:
            raise TokenRefusedError("unknown token")
        if row.revoked_at is not None:
            raise TokenRefusedError(f"token {row.id}: revoked")
        if row.ends_at <= clock():
            raise TokenRefusedError(f"token {row.id}: ended")
        account, roles = _owner(session, row.account_id)
    if account.disabled or not roles:
        raise TokenRefusedError(f"token {row.id}: account closed")
    if row.used_at is None or clock() - row.used_at > _USED_EVERY:
        with store.session() as session:
            session.execute(update(ApiToken).where(ApiToken.id == row.id).values(used_at=clock()))
    scopes = frozenset(Scope(one) for one in row.scopes)
    person = Actor.with_roles(account.shown, account.id, roles)
    allowed = person.permissions & permissions_of(scopes)
    actor = Actor(person.name, person.account_id, allowed, Origin.API)
    return TokenUse(row.id, row.name, scopes, row.ends_at, actor)


def _owner(session: Session, account_id: int) -> tuple[Account, list[Role]]:
    chosen = select(AccountRole.role).where(AccountRole.account_id == account_id)
    return session.get_one(Account, account_id), [Role(role) for role in session.scalars(chosen)]
