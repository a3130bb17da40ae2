"""Limits on guessing passwords, for each account and for each address, as rows.

A try is counted before its password is looked at, so that many at the same time are no way round.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from fetal.store.access.account_tables import WrongGuess

WINDOW = timedelta(minutes=15)
"""How long failures count, and how long nobody gets in once there were too many."""

MOST = {"account": 5, "address": 30}
"""How many tries fail within the window before the others are turned away."""


class TooManyGuessesError(RuntimeError):
    """So many tries failed that the next ones are turned away for a while.

    Attributes:
        minutes: how long.
        refused: how many were turned away so far.
    """

    def __init__(self, minutes: int, refused: int) -> None:
        wait = f"{minutes} minutes" if minutes > 1 else "a minute"
        super().__init__(
            f"There were too many tries with a wrong password. Wait {wait}, or ask your "
            "administrator for a new password."
        )
        self.minutes = minutes
        self.refused = refused


def keys_of(name: str, address: str) -> dict[str, str]:
    """Return the keys under which tries are counted, by what they stand for.

    Args:
        name: what was typed as a name.
        address: from where.
    """
    return {
        "account": f"account {hashlib.sha256(name.encode()).hexdigest()}",
        "address": f"address {hashlib.sha256(address.encode()).hexdigest()}",
    }


def take_try(session: Session, keys: dict[str, str], at: datetime) -> TooManyGuessesError | None:
    """Count a try, unless too many failed before.

    Args:
        session: a transaction of `Store.session`, in which writers take turns.
        keys: as `keys_of` gives them.
        at: the present moment.

    Returns:
        None where the password may be looked at; else why it may not. To be raised once the
        transaction is kept: that the try was turned away is counted too.
    """
    rows = {kind: _row(session, key, at) for kind, key in keys.items()}
    blocked = [row for row in rows.values() if row.blocked_until and row.blocked_until > at]
    if blocked:
        for row in blocked:
            row.refused += 1
        longest = max(row.blocked_until for row in blocked if row.blocked_until)
        minutes = -(-int((longest - at).total_seconds()) // 60)
        return TooManyGuessesError(minutes, max(row.refused for row in blocked))
    for kind, row in rows.items():
        row.failures += 1
        if row.failures >= MOST[kind]:
            row.blocked_until = at + WINDOW
    return None


def forgive(session: Session, keys: dict[str, str]) -> None:
    """Take the try back that `take_try` counted: the password was right.

    Args:
        session: a transaction of `Store.session`.
        keys: as `keys_of` gives them.
    """
    session.execute(delete(WrongGuess).where(WrongGuess.key == keys["account"]))
    row = session.get(WrongGuess, keys["address"])
    if row is not None:
        row.failures = max(0, row.failures - 1)
        if row.failures < MOST["address"]:
            row.blocked_until = None


def sweep(session: Session, at: datetime) -> None:
    """Remove the rows that count no longer."""
    session.execute(
        delete(WrongGuess).where(
            WrongGuess.since < at - 2 * WINDOW,
            WrongGuess.blocked_until.is_(None) | (WrongGuess.blocked_until < at),
        )
    )


def lift(session: Session, names: Iterable[str]) -> None:
    """Let an account be tried again, such as when its password was reset."""
    keys = [keys_of(name, "")["account"] for name in names]
    session.execute(delete(WrongGuess).where(WrongGuess.key.in_(keys)))


def _row(session: Session, key: str, at: datetime) -> WrongGuess:
    row = session.get(WrongGuess, key)
    if row is None:
        row = WrongGuess(key=key, failures=0, refused=0, since=at)
        session.add(row)
    elif (row.blocked_until or row.since + WINDOW) <= at:
        row.failures, row.refused, row.since, row.blocked_until = 0, 0, at, None
    return row
