"""Signing in with an account of this workspace: a name and a password."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.store.access import audit_chain
from fetal.store.access.account_tables import Account, AccountRole
from fetal.store.access.audit_chain import EventKind
from fetal.store.database import Store
from fetal.store.table_base import now
from fetal.workbench.accounts import guess_limits, passwords
from fetal.workbench.accounts.sign_ins import SignedIn, SignIns, digest_of
from fetal.workbench.core.actor import Origin

_NOBODY = "somebody"
"""Who an event names where a name was typed that no account has: it may be a password."""


class WrongPasswordError(RuntimeError):
    """Name and password belong to no account that may come in; which of the two stays untold."""

    def __init__(self) -> None:
        super().__init__("Name or password is wrong. Check both, and the Caps Lock key.")


def normal_name(name: str) -> str:
    """Return a name to sign in with as it is kept: small letters, no spaces around it."""
    return name.strip().casefold()[:80]


def enter(
    store: Store,
    name: str,
    password: str,
    address: str,
    *,
    before: str | None = None,
    clock: Callable[[], datetime] = now,
) -> str:
    """Let a person in.

    Args:
        store: the workspace's database.
        name: what was typed as the name.
        password: what was typed as the password.
        address: from where.
        before: the text that the browser showed until now; what it stood for ends.
        clock: tells the present moment.

    Returns:
        A new text for the browser's cookie.

    Raises:
        WrongPasswordError: name or password is wrong, or the account is closed or without a role.
        TooManyGuessesError: too many tries failed for this account, or from this address.
    """
    name = normal_name(name)
    keys = guess_limits.keys_of(name, address)
    with store.session() as session:
        guess_limits.sweep(session, clock())
        turned_away = guess_limits.take_try(session, keys, clock())
        account = session.scalars(select(Account).where(Account.name == name)).first()
        who = account.shown if account is not None else _NOBODY
        if turned_away is not None and _is_told(turned_away.refused):
            _tell(session, EventKind.TOO_MANY_GUESSES, who, address, tries=turned_away.refused)
    if turned_away is not None:
        raise turned_away
    kept = account.password if account is not None else None
    right = passwords.is_right(password, kept)
    with store.session() as session:
        # Read again: the account may have been closed while the password was looked at.
        account = session.scalars(select(Account).where(Account.name == name)).first()
        if account is None or not right or not _may_enter(session, account, kept):
            _tell(session, EventKind.WRONG_PASSWORD, who, address)
            token = None
        else:
            guess_limits.forgive(session, keys)
            if passwords.is_dated(account.password or ""):
                account.password = passwords.hashed(password)
            sign_ins = SignIns(store, clock)
            if before is not None:
                sign_ins.end_by_digest(session, digest_of(before))
            token = sign_ins.begin(session, account.id, "password", address)
            _tell(session, EventKind.SIGN_IN, account.shown, address, account.id)
    if token is None:
        raise WrongPasswordError
    return token


def leave(store: Store, signed_in: SignedIn) -> None:
    """Sign a person out, in all tabs of the browser.

    Args:
        store: the workspace's database.
        signed_in: the sign-in.
    """
    with store.session() as session:
        SignIns(store).end(session, signed_in.id)
        actor = signed_in.actor
        _tell(session, EventKind.SIGN_OUT, actor.name, "", actor.account_id)


def _may_enter(session: Session, account: Account, kept: str | None) -> bool:
    role = select(AccountRole.role).where(AccountRole.account_id == account.id).limit(1)
    unchanged = account.password is not None and account.password == kept
    return unchanged and not account.disabled and session.scalar(role) is not None


def _is_told(refused: int) -> bool:
    """Whether an event tells of a try that was turned away: of the first, the tenth, …"""
    return refused > 0 and str(refused).rstrip("0") == "1"


def _tell(
    session: Session,
    kind: EventKind,
    who: str,
    address: str,
    account_id: int | None = None,
    **detail: int,
) -> None:
    told = {"address": address, **detail} if address else dict(detail)
    audit_chain.append(
        session,
        kind,
        who,
        origin=Origin.GATE,
        account_id=account_id,
        **told,
    )
