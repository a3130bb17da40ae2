"""The chain of audit events: each holds the digest of the one before, so that tampering shows.

The construction is the linked list of Haber and Stornetta, “How to time-stamp a digital document”
(Journal of Cryptology 3, 1991): whoever changes a row has to change all that follow. Against one
who does that too, keep the last digest elsewhere (`fetal audit verify` prints it).
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fetal.store.access.audit_tables import AuditEvent, AuditStart
from fetal.store.table_base import now

GENESIS = "0" * 64
"""What the first event holds in place of a digest before it."""

_AT_ONCE = 1_000


class EventKind(StrEnum):
    """What an event tells of."""

    SIGN_IN = "sign in"
    SIGN_OUT = "sign out"
    WRONG_PASSWORD = "wrong password"
    TOO_MANY_GUESSES = "too many guesses"
    SIGN_IN_ENDED = "sign-in ended"
    ACCOUNT_MADE = "account made"
    ACCOUNT_CHANGED = "account changed"
    TOKEN_MADE = "token made"
    TOKEN_REVOKED = "token revoked"
    REFUSED = "refused"
    VIEWED = "viewed scans"
    IMPORTED = "imported"
    EXPORTED = "exported"
    ERASED = "erased"
    KEY_RENEWED = "key renewed"
    TRAINING_STARTED = "training started"
    TRAINING_CANCELLED = "training cancelled"
    TRAINING_MOVED = "training moved up"
    BATCH_STARTED = "job started"
    BATCH_CANCELLED = "job cancelled"
    BATCH_REPEATED = "job repeated"
    PROMOTION_ASKED = "promotion asked"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"
    AUDIT_EXPORTED = "audit exported"
    AUDIT_SHORTENED = "audit shortened"


@dataclass(frozen=True)
class Chain:
    """What was found when the chain was followed.

    Attributes:
        events: how many events there are.
        last: the digest of the last one; `GENESIS` where there is none.
        problems: what is wrong, one sentence each; empty where the chain is whole.
    """

    events: int
    last: str
    problems: tuple[str, ...]


def append(
    session: Session,
    kind: EventKind,
    who: str,
    *,
    origin: str,
    account_id: int | None = None,
    **detail: Any,
) -> None:
    """Add an event, in the transaction of what it tells of.

    Args:
        session: a transaction of `Store.session`, in which writers take turns.
        kind: what happened.
        who: the person.
        origin: page, command line, API or gate.
        account_id: the person's account.
        detail: numbers and names that say more; scans by number, and nothing of a patient.
    """
    newest_first = select(AuditEvent.number, AuditEvent.digest).order_by(AuditEvent.number.desc())
    row_before = session.execute(newest_first.limit(1)).first()
    number, digest = (row_before[0], row_before[1]) if row_before else _start(session)
    row = AuditEvent(
        number=number + 1,
        at=now(),
        kind=kind.value,
        who=who[:80],
        account_id=account_id,
        origin=origin,
        detail=detail,
        previous=digest,
    )
    row.digest = digest_of(row)
    session.add(row)
    session.flush()


def digest_of(event: AuditEvent) -> str:
    """Return the SHA-256 of what an event says and of the digest before it, as hexadecimal."""
    said = [
        event.number,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.kind,
        event.who,
        event.account_id,
        event.origin,
        event.detail,
        event.previous,
    ]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def events(session: Session, after: int = 0) -> Iterator[AuditEvent]:
    """Read all events from one on, the oldest first, a few at a time."""
    while True:
        query = select(AuditEvent).where(AuditEvent.number > after).order_by(AuditEvent.number)
        some = session.scalars(query.limit(_AT_ONCE)).all()
        yield from some
        if len(some) < _AT_ONCE:
            return
        after = some[-1].number
        session.expunge_all()


def newest(session: Session, kinds: tuple[str, ...] = (), limit: int = 100) -> list[AuditEvent]:
    """Read the newest events, the newest first; of all kinds, or of some."""
    query = select(AuditEvent).order_by(AuditEvent.number.desc()).limit(limit)
    return list(session.scalars(query.where(AuditEvent.kind.in_(kinds)) if kinds else query))


def follow(session: Session, expected: str | None = None) -> Chain:
    """Follow the chain from its start, and tell what is wrong with it.

    Args:
        session: the transaction.
        expected: a digest that was printed before and has to be in the chain.

    Returns:
        What was found. Changed, removed and inserted events are told, also at the end where
        `expected` was kept elsewhere.
    """
    number, digest = _start(session)
    begun, known = number, digest
    marks = {(GENESIS, 0)} if number == 0 else set()
    problems: list[str] = []
    found = expected is None or expected == digest
    for event in events(session):
        if event.number != number + 1:
            problems.append(f"Between event {number} and event {event.number} events were removed.")
        elif event.previous != digest:
            problems.append(f"Event {event.number} does not follow the one before it.")
        if digest_of(event) != event.digest:
            problems.append(f"Event {event.number} was changed after it was written.")
        if event.kind == EventKind.AUDIT_SHORTENED:
            marks.add((str(event.detail.get("digest")), int(event.detail.get("up_to", 0))))
        found = found or event.digest == expected
        number, digest = event.number, event.digest
    if (known, begun) not in marks:
        problems.append(f"Events up to {begun} were removed, and no event tells of it.")
    if not found:
        problems.append("The digest that was kept is not in the chain: its end was removed.")
    return Chain(number - begun, digest, tuple(problems))


def shorten(session: Session, days: int, who: str, origin: str) -> int:
    """Remove the events that are older than the time for which they are kept.

    Args:
        session: a transaction of `Store.session`.
        days: how long events are kept.
        who: the person.
        origin: page or command line.

    Returns:
        How many were removed; an event tells of them, and the chain goes on from the last one.
    """
    before: datetime = now() - timedelta(days=days)
    kept = select(func.min(AuditEvent.number)).where(AuditEvent.at >= before)
    first = session.scalar(kept)
    last = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.number < first if first is not None else AuditEvent.at < before)
        .order_by(AuditEvent.number.desc())
        .limit(1)
    ).first()
    if last is None:
        return 0
    mark: dict[str, Any] = {"up_to": last.number, "digest": last.digest}
    append(session, EventKind.AUDIT_SHORTENED, who, origin=origin, **mark)
    session.add(AuditStart(number=last.number, digest=last.digest))
    session.flush()
    gone = session.execute(delete(AuditEvent).where(AuditEvent.number <= last.number))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _start(session: Session) -> tuple[int, str]:
    """The number and the digest after which the first event that is there follows."""
    row = session.scalars(select(AuditStart).order_by(AuditStart.number.desc()).limit(1)).first()
    return (0, GENESIS) if row is None else (row.number, row.digest)
