"""Accounts: made, given roles, given a new password, closed; by an administrator."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from fetal.store.access.account_tables import Account, AccountIdentity, AccountRole, SignIn
from fetal.store.access.audit_chain import EventKind
from fetal.workbench.accounts import guess_limits, passwords
from fetal.workbench.accounts.password_sign_in import normal_name
from fetal.workbench.accounts.sign_ins import SignIns
from fetal.workbench.core.permissions import Permission, Role
from fetal.workbench.core.workbench import Workbench

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,79}")


class AccountError(ValueError):
    """This cannot be done with accounts."""


@dataclass(frozen=True)
class Person:
    """One account, as an administrator sees it.

    Attributes:
        id: its number.
        name: what the person signs in with.
        shown: what stands with the person's labels.
        roles: in the order of `Role`.
        disabled: whether it is closed.
        signed_in: how many browsers the person is signed in with.
        seen_at: when the person last did something; None if never.
        has_password: whether the person signs in with a password of this program.
        is_joined: whether the person signs in with the hospital's provider of identities.
    """

    id: int
    name: str
    shown: str
    roles: tuple[Role, ...]
    disabled: bool
    signed_in: int
    seen_at: datetime | None
    has_password: bool
    is_joined: bool


def people(workbench: Workbench) -> list[Person]:
    """Return all accounts, by name.

    Args:
        workbench: the workbench.

    Raises:
        NotPermittedError: the person may not manage accounts.
    """
    workbench.permit(Permission.MANAGE_ACCOUNTS)
    with workbench.store.reading() as session:
        rows = session.scalars(select(Account).order_by(Account.name)).all()
        digests = session.execute(select(SignIn.digest, SignIn.account_id)).all()
        newest = select(SignIn.account_id, func.max(SignIn.seen_at)).group_by(SignIn.account_id)
        seen = dict(session.execute(newest).all())
        roles = {row.id: _roles(session, row.id) for row in rows}
        joined = set(session.scalars(select(AccountIdentity.account_id)))
    standing = SignIns(workbench.store).standing([digest for digest, _ in digests])
    open_now = [owner for digest, owner in digests if digest in standing]
    return [
        Person(
            row.id,
            row.name,
            row.shown,
            roles[row.id],
            row.disabled,
            open_now.count(row.id),
            seen.get(row.id),
            row.password is not None,
            row.id in joined,
        )
        for row in rows
    ]


def add_person(
    workbench: Workbench,
    name: str,
    password: str | None,
    roles: Collection[Role],
    *,
    shown: str = "",
    who: str = "",
) -> int:
    """Make an account. From the first one on, everybody has to sign in.

    Args:
        workbench: the workbench.
        name: what the person will sign in with; small letters, digits and `.`, `_`, `-`, `@`, `+`.
        password: the password; None where the person signs in elsewhere (`single_sign_on`).
        roles: at least one.
        shown: what stands with the person's labels; empty is `name`.
        who: who makes it, where there are no accounts.

    Returns:
        The account's number.

    Raises:
        NotPermittedError: the person may not manage accounts.
        AccountError: the name cannot be used, another account has it, or the first account is no
            administrator.
        WeakPasswordError: the password is too easy to guess.
    """
    by = workbench.permit(Permission.MANAGE_ACCOUNTS, who)
    name = normal_name(name)
    shown = " ".join(shown.split())[:80] or name
    if not _NAME.fullmatch(name):
        raise AccountError(
            "A name to sign in with has small letters, digits and . _ - @ +, such as ana.sousa."
        )
    if not roles:
        raise AccountError(f"Give the account a role: {', '.join(Role)}.")
    if password is not None:
        passwords.check_new(password, name, shown)
    kept = passwords.hashed(password) if password is not None else None
    with workbench.store.session() as session:
        taken = or_(Account.name == name, func.lower(Account.shown) == shown.lower())
        if session.scalar(select(Account.id).where(taken)) is not None:
            raise AccountError(
                f"There is an account “{name}” or “{shown}” already. Choose another name: it says "
                "who did what."
            )
        first = session.scalar(select(func.count(Account.id))) == 0
        if first and Role.ADMINISTRATOR not in roles:
            raise AccountError("The first account has to be an administrator’s.")
        row = Account(name=name, shown=shown, password=kept, disabled=False, made_by=by[:80])
        session.add(row)
        session.flush()
        session.add_all(AccountRole(account_id=row.id, role=role.value) for role in set(roles))
        workbench.tell(
            session, EventKind.ACCOUNT_MADE, who, account=row.id, name=name, roles=sorted(roles)
        )
        return row.id


def set_roles(workbench: Workbench, name: str, roles: Collection[Role], who: str = "") -> None:
    """Give an account other roles; they hold at the next click.

    Args:
        workbench: the workbench.
        name: the account.
        roles: all that it is to have; with none nobody can sign in with it.
        who: who does it, where there are no accounts.

    Raises:
        NotPermittedError: the person may not manage accounts.
        AccountError: there is no such account, or nobody would be administrator any more.
    """
    workbench.permit(Permission.MANAGE_ACCOUNTS, who)
    with workbench.store.session() as session:
        row = _account(session, name)
        session.execute(delete(AccountRole).where(AccountRole.account_id == row.id))
        session.add_all(AccountRole(account_id=row.id, role=role.value) for role in set(roles))
        session.flush()
        _require_administrator(session)
        workbench.tell(
            session, EventKind.ACCOUNT_CHANGED, who, account=row.id, name=name, roles=sorted(roles)
        )


def set_password(workbench: Workbench, name: str, password: str, who: str = "") -> None:
    """Give an account a new password; its browsers are signed out.

    Args:
        workbench: the workbench.
        name: the account.
        password: the new password.
        who: who does it, where there are no accounts.

    Raises:
        NotPermittedError: the person may not manage accounts.
        AccountError: there is no such account.
        WeakPasswordError: the password is too easy to guess.
    """
    workbench.permit(Permission.MANAGE_ACCOUNTS, who)
    kept = passwords.hashed(password)
    with workbench.store.session() as session:
        row = _account(session, name)
        passwords.check_new(password, row.name, row.shown)
        row.password = kept
        guess_limits.lift(session, [row.name])
        SignIns(workbench.store).end_all_of(session, row.id)
        workbench.tell(
            session, EventKind.ACCOUNT_CHANGED, who, account=row.id, name=row.name, password="new"
        )


def set_disabled(workbench: Workbench, name: str, disabled: bool, who: str = "") -> None:
    """Close an account, or open it again; what the person did stays.

    Args:
        workbench: the workbench.
        name: the account.
        disabled: whether it is to be closed; its browsers are then signed out.
        who: who does it, where there are no accounts.

    Raises:
        NotPermittedError: the person may not manage accounts.
        AccountError: there is no such account, or nobody would be administrator any more.
    """
    workbench.permit(Permission.MANAGE_ACCOUNTS, who)
    with workbench.store.session() as session:
        row = _account(session, name)
        row.disabled = disabled
        session.flush()
        _require_administrator(session)
        if disabled:
            SignIns(workbench.store).end_all_of(session, row.id)
        workbench.tell(
            session,
            EventKind.ACCOUNT_CHANGED,
            who,
            account=row.id,
            name=row.name,
            closed=disabled,
        )


def sign_out(workbench: Workbench, name: str, who: str = "") -> None:
    """End all sign-ins of an account; its pages close within seconds.

    Args:
        workbench: the workbench.
        name: the account.
        who: who does it, where there are no accounts.

    Raises:
        NotPermittedError: the person may not manage accounts.
        AccountError: there is no such account.
    """
    workbench.permit(Permission.MANAGE_ACCOUNTS, who)
    with workbench.store.session() as session:
        row = _account(session, name)
        SignIns(workbench.store).end_all_of(session, row.id)
        workbench.tell(session, EventKind.SIGN_IN_ENDED, who, account=row.id, name=row.name)


def _account(session: Session, name: str) -> Account:
    row = session.scalars(select(Account).where(Account.name == normal_name(name))).first()
    if row is None:
        raise AccountError(f"There is no account “{name}”. “fetal user list” shows all.")
    return row


def _roles(session: Session, account_id: int) -> tuple[Role, ...]:
    has = set(session.scalars(select(AccountRole.role).where(AccountRole.account_id == account_id)))
    return tuple(role for role in Role if role.value in has)


def _require_administrator(session: Session) -> None:
    left = (
        select(Account.id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.disabled.is_(False), AccountRole.role == Role.ADMINISTRATOR.value)
        .limit(1)
    )
    if session.scalar(left) is None:
        raise AccountError(
            "Nobody would be administrator any more. Make another person administrator first."
        )
