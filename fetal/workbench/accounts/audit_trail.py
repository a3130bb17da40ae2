"""The audit, for those who may read it: to look at, to verify, to take along, to shorten."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fetal.configuration.declared import AUDIT_DAYS
from fetal.store.access import audit_chain
from fetal.store.access.audit_chain import Chain, EventKind
from fetal.store.access.audit_tables import AuditEvent
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

KINDS = tuple(kind.value for kind in EventKind)
"""What events tell of."""


@dataclass(frozen=True)
class AuditLine:
    """One event.

    Attributes:
        number: its number.
        at: when.
        kind: what happened.
        who: who did it.
        origin: page, command line or gate.
        detail: what more is told.
    """

    number: int
    at: datetime
    kind: str
    who: str
    origin: str
    detail: dict[str, Any]


def newest(workbench: Workbench, kinds: tuple[str, ...] = (), limit: int = 200) -> list[AuditLine]:
    """Return the newest events, the newest first.

    Args:
        workbench: the workbench.
        kinds: only of these; if None, all.
        limit: at most so many.

    Raises:
        NotPermittedError: the person may not read the audit.
    """
    workbench.permit(Permission.READ_AUDIT)
    with workbench.store.reading() as session:
        return [_line(event) for event in audit_chain.newest(session, kinds, limit)]


def verify(workbench: Workbench, expected: str | None = None) -> Chain:
    """Follow the chain of all events, and tell what is wrong with it (`audit_chain.follow`).

    Args:
        workbench: the workbench.
        expected: a digest that was kept elsewhere.

    Raises:
        NotPermittedError: the person may not read the audit.
    """
    workbench.permit(Permission.READ_AUDIT)
    with workbench.store.reading() as session:
        return audit_chain.follow(session, expected)


def export(workbench: Workbench) -> Iterator[str]:
    """Return all events as lines of JSON, the oldest first, with the digests of the chain.

    Args:
        workbench: the workbench.

    Yields:
        One line an event, without its end.

    Raises:
        NotPermittedError: the person may not read the audit.
    """
    workbench.permit(Permission.READ_AUDIT)
    with workbench.store.session() as session:
        workbench.tell(session, EventKind.AUDIT_EXPORTED)
    with workbench.store.reading() as session:
        for event in audit_chain.events(session):
            told = {
                "number": event.number,
                "at": event.at.isoformat(timespec="microseconds"),
                "kind": event.kind,
                "who": event.who,
                "account": event.account_id,
                "origin": event.origin,
                "detail": event.detail,
                "previous": event.previous,
                "digest": event.digest,
            }
            yield json.dumps(told, ensure_ascii=False)


def shorten(workbench: Workbench) -> int:
    """Remove the events that are older than the setting `FETAL_AUDIT_DAYS`.

    Args:
        workbench: the workbench.

    Returns:
        How many were removed.

    Raises:
        NotPermittedError: the person may not manage accounts.
    """
    workbench.permit(Permission.MANAGE_ACCOUNTS)
    actor = workbench.actor
    with workbench.store.session() as session:
        return audit_chain.shorten(session, AUDIT_DAYS.value(), actor.name, actor.origin)


def _line(event: AuditEvent) -> AuditLine:
    return AuditLine(
        event.number, event.at, event.kind, event.who, event.origin, dict(event.detail)
    )
