"""Writes SQLite's file anew after an erasure, at a moment when nobody would have to wait for it.

What is deleted is overwritten with zeros at once (`PRAGMA secure_delete`). SQLite has moved rows
between pages before, though, and of some that were erased later an older copy stands in unused
bytes of a page: 3 in a thousand, measured on random rows. Only a new file is free of them. To write
it takes about as long as copying it, during which no other process can write.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fetal.store.batches.batch_tables import BatchJob
from fetal.store.database import Store
from fetal.store.states import RunState
from fetal.store.table_base import now
from fetal.store.tables import Annotation, Fact, Run, ScanRow

QUIET_SECONDS = 600.0
"""So long after the last label and the last scan, people are taken to have stopped working."""

_WANTED = "compaction wanted"


def want_compaction(session: Session) -> None:
    """Note, in the transaction that erases, that the file is to be written anew.

    Args:
        session: the transaction; it must be one that writes.
    """
    session.merge(Fact(name=_WANTED, value=now().isoformat()))


def compact_if_quiet(store: Store) -> bool:
    """Write the file anew where that is wanted and nobody works; else a later call does.

    Args:
        store: the workspace's store.

    Returns:
        Whether nothing is left to do.
    """
    with store.reading() as session:
        wanted = session.get(Fact, _WANTED)
        if wanted is None:
            return True
        if not _is_quiet(session):
            return False
    if not store.compact():
        return False
    with store.session() as session:
        # What was erased meanwhile wants it once more.
        session.execute(delete(Fact).where(Fact.name == _WANTED, Fact.value == wanted.value))
    return True


def _is_quiet(session: Session) -> bool:
    """Return whether nobody labels or brings in scans, and no long job goes on."""
    if session.get_bind().dialect.name != "sqlite":
        return True
    since = now() - timedelta(seconds=QUIET_SECONDS)
    last = [session.scalar(select(func.max(at))) for at in (Annotation.at, ScanRow.added_at)]
    if any(at is not None and at > since for at in last):
        return False
    working = (
        select(Run.id).where(Run.slot.is_not(None)).limit(1),
        select(BatchJob.id).where(BatchJob.status == RunState.RUNNING).limit(1),
    )
    return all(session.scalar(query) is None for query in working)
