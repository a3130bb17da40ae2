"""What happened to a run, as the table `run_event` keeps it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.store.table_base import now
from fetal.store.tables import RunEvent
from fetal.training.events import Event, LoggedEvent, TriedAgain, event_of, fields_of


def row_of(run_id: int, event: LoggedEvent, at: datetime | None = None) -> RunEvent:
    """Make the row that keeps an event.

    Args:
        run_id: the run that it happened to.
        event: the event.
        at: when it happened. If None, now.

    Returns:
        The row, not yet written.
    """
    return RunEvent(run_id=run_id, kind=event.kind, payload=fields_of(event), at=at or now())


def read_event(row: RunEvent) -> Event | None:
    """Read what a row keeps.

    Args:
        row: a row of this or an older version.

    Returns:
        The event; None if this version does not know its kind.
    """
    return event_of(row.kind, row.payload)


def count_since_again(session: Session, run_id: int, event: type[LoggedEvent]) -> int:
    """Count how often something happened to a run since a person last had it tried again.

    Args:
        session: the transaction.
        run_id: the run.
        event: what is counted.
    """
    again = (
        select(func.coalesce(func.max(RunEvent.id), 0))
        .where(RunEvent.run_id == run_id, RunEvent.kind == TriedAgain.kind)
        .scalar_subquery()
    )
    return session.execute(
        select(func.count())
        .select_from(RunEvent)
        .where(RunEvent.run_id == run_id, RunEvent.kind == event.kind, RunEvent.id > again)
    ).scalar_one()
