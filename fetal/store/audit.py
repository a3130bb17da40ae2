"""The audit trail: who did what, beyond what annotations, runs and promotions already say."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.store.tables import Audit


def record(session: Session, who: str, action: str, **detail: Any) -> None:
    """Add one line to the trail, in the transaction of what it tells of.

    Args:
        session: the transaction.
        who: the person.
        action: what was done, in a word or two, such as `export`.
        detail: numbers and names that say more; never an identifier of a patient.
    """
    session.add(Audit(who=who, action=action, detail=detail))


def entries(session: Session, *, action: str | None = None, limit: int = 100) -> list[Audit]:
    """Read the trail, newest first.

    Args:
        session: the transaction.
        action: only lines of this action; if None, all.
        limit: at most so many.

    Returns:
        The lines.
    """
    query = select(Audit).order_by(Audit.id.desc()).limit(limit)
    if action is not None:
        query = query.where(Audit.action == action)
    return list(session.scalars(query))
