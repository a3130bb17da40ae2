"""Compares what lists show of each scan with its history, and derives anew what differs."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from fetal.jobs.follow_promotions import derive_scans, follow_promotions
from fetal.progress import OnProgress, Progress, no_progress
from fetal.store.database import Store
from fetal.store.state.derivation import (
    COUNTED_AGAIN,
    COUNTS,
    differing,
)
from fetal.store.tables import ScanRow
from fetal.workbench.core.workbench import Workbench

_AT_ONCE = 1000
"""Scans that are compared in one query."""


def rebuild_state(workbench: Workbench, on_progress: OnProgress = no_progress) -> int:
    """Derive the state of each scan, and the counts, from labels, notes and predictions.

    The database keeps both true by itself; this is for a database that other programs wrote to.
    Others can go on working: the lock of the writers is only taken where something differs.

    Args:
        workbench: the workbench.
        on_progress: called after some scans are compared.

    Returns:
        How many scans showed something else than what follows from their history.
    """
    store = workbench.store
    follow_promotions(store)
    with store.reading() as session:
        last = session.scalar(select(func.max(ScanRow.id))) or 0
    mended = 0
    for first in range(1, last + 1, _AT_ONCE):
        mended += _mend(store, first, min(first + _AT_ONCE - 1, last))
        on_progress(Progress(min(first + _AT_ONCE - 1, last), last))
    _count_again(store)
    return mended


def _mend(store: Store, first: int, last: int) -> int:
    query = text(differing("scan.id BETWEEN :first AND :last"))
    with store.reading() as session:
        numbers = session.scalars(query, {"first": first, "last": last}).all()
    if numbers:
        with store.session() as session:
            derive_scans(session, numbers)
    return len(numbers)


def _count_again(store: Store) -> None:
    with store.reading() as session:
        if _are_right(session):
            return
    with store.session() as session:
        for statement in COUNTED_AGAIN:
            session.execute(text(statement))


def _are_right(session: Session) -> bool:
    return all(_rows(session, derived) == _rows(session, kept) for derived, kept in COUNTS)


def _rows(session: Session, query: str) -> dict[str, Sequence[Any]]:
    rows: Iterable[Any] = session.execute(text(query))
    return {row[0]: tuple(row[1:]) for row in rows}
