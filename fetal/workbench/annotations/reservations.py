"""Who is looking at which scan, so that several readers are handed different ones."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, or_, select, text
from sqlalchemy.orm import Session

from fetal.store.bulk import any_of
from fetal.store.state.state_tables import DIFFERING, ScanState
from fetal.store.table_base import UtcDateTime
from fetal.store.tables import Reservation, ScanRow
from fetal.workbench.annotations.queues import Queue, QueueError, waiting
from fetal.workbench.catalogue.find_scans import ORDERS
from fetal.workbench.catalogue.query import ScanFilter
from fetal.workbench.catalogue.scans import ScanView, views
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

HOLD_SECONDS = 120
"""A reservation that nobody renews ends after so many seconds: somebody closed the browser."""

_UNLABELLED = ScanFilter(reviewed=False)

RENEW_SECONDS = 30
"""How often whoever looks at a scan renews its reservation."""


@dataclass(frozen=True)
class Reader:
    """A person in one browser session; somebody with two of them counts twice.

    Attributes:
        who: the person.
        token: what tells the session from all others.
    """

    who: str
    token: str


def hand_out(
    workbench: Workbench,
    reader: Reader,
    skipped: Collection[int] = (),
    queue: Queue | None = None,
) -> ScanView | None:
    """Reserve the scan that a reader is to label next.

    Args:
        workbench: the workbench.
        reader: who asks.
        skipped: scans to leave out.
        queue: what to read. If None, all scans without a label, by doubt.

    Returns:
        The scan that the reader holds already, while it waits for a label. Otherwise the first
        scan that waits and that nobody else holds; the reader holds it from now on, and no other.
        If None, every scan is labelled, skipped or held by others.

    Raises:
        QueueError: the queue is for other readers.
        NotPermittedError: the person may not label.
    """
    who = workbench.permit(Permission.LABEL, reader.who)
    if queue is not None and not queue.is_for(who):
        raise QueueError(f"The queue “{queue.name}” is for {', '.join(queue.readers)}.")
    with workbench.store.session() as session:
        now = _database_now(session)
        held = select(Reservation.scan_id).where(Reservation.token == reader.token).limit(1)
        mine = session.scalar(held)
        if mine is None or mine in skipped or not _waits(session, mine, queue):
            mine = next(iter(_next_free(session, skipped, now, 1, queue)), None)
        if mine is None:
            session.execute(delete(Reservation).where(Reservation.token == reader.token))
            return None
        _reserve(session, mine, reader, now)
        session.flush()
        return views(session, [mine])[0]


def upcoming(
    workbench: Workbench,
    skipped: Collection[int] = (),
    most: int = 1,
    queue: Queue | None = None,
) -> list[int]:
    """List the scans that the reader would be handed next, without a reservation.

    Args:
        workbench: the workbench.
        skipped: scans to leave out, the present one too.
        most: at most so many.
        queue: what is read, as for `hand_out`.

    Returns:
        Their numbers, in the order in which they would come.
    """
    workbench.permit(Permission.LABEL)
    with workbench.store.reading() as session:
        return _next_free(session, skipped, _database_now(session), most, queue)


def hold(workbench: Workbench, scan_id: int, reader: Reader) -> str | None:
    """Reserve one scan, or renew its reservation, unless somebody else holds it.

    The reader lets go of any other scan.

    Args:
        workbench: the workbench.
        scan_id: the scan, labelled or not.
        reader: who looks at it.

    Returns:
        The person who holds it instead; None where it is the reader's now, or where the scan was
        erased.
    """
    workbench.permit(Permission.LABEL)
    with workbench.store.session() as session:
        now = _database_now(session)
        row = session.get(Reservation, scan_id)
        if row is not None and row.token != reader.token and row.until > now:
            return row.who
        if session.get(ScanRow, scan_id) is not None:
            _reserve(session, scan_id, reader, now)
    return None


def release(workbench: Workbench, reader: Reader) -> None:
    """Let go of what a reader holds.

    Args:
        workbench: the workbench.
        reader: who leaves.
    """
    mine = Reservation.token == reader.token
    with workbench.store.reading() as session:
        if session.scalar(select(Reservation.scan_id).where(mine).limit(1)) is None:
            return
    with workbench.store.session() as session:
        session.execute(delete(Reservation).where(mine))


def held_by_others(workbench: Workbench, reader: Reader) -> dict[int, str]:
    """List what others look at.

    Args:
        workbench: the workbench.
        reader: whose own reservation does not count.

    Returns:
        The persons by the scans that they hold.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        rows = session.execute(
            select(Reservation.scan_id, Reservation.who).where(
                Reservation.token != reader.token, Reservation.until > _database_now(session)
            )
        )
        return {row.scan_id: row.who for row in rows}


def _next_free(
    session: Session, skipped: Collection[int], now: datetime, most: int, queue: Queue | None
) -> list[int]:
    """The scans to label next among those that nobody holds; read by index, in its order."""
    free = or_(ScanState.reserved_until.is_(None), ScanState.reserved_until <= now)
    query = (
        select(ScanState.scan_id)
        .where(*_waiting(session, queue), free, ~any_of(ScanState.scan_id, skipped))
        .limit(most)
    )
    if queue is None or queue.as_listed or queue.order != "disagreement":
        return list(session.scalars(query.order_by(*_order_of(queue))))
    # In these words, the database finds an index for each: the surest of those that differ, then
    # the most doubtful without a label, then the newest of the others.
    surest = (ScanState.confidence.desc(), ScanState.scan_id.desc())
    agreeing = f"scan_state.label IS NOT NULL AND ({DIFFERING}) IS NOT TRUE"
    found: list[int] = []
    for which, order in (
        (DIFFERING, surest),
        ("scan_state.label IS NULL", ORDERS["doubt"]),
        (agreeing, ORDERS["newest"]),
    ):
        if len(found) < most:
            rest = query.where(text(which)).order_by(*order).limit(most - len(found))
            found += session.scalars(rest)
    return found


def _order_of(queue: Queue | None) -> tuple[Any, ...]:
    """What the scans of a queue are sorted by."""
    if queue is None:
        return ORDERS["doubt"]
    if queue.as_listed and queue.chosen.ids:
        places = {number: place for place, number in enumerate(queue.chosen.ids)}
        return (case(places, value=ScanState.scan_id),)
    return ORDERS[queue.order]


def _waiting(session: Session, queue: Queue | None) -> list[Any]:
    """Which scans are to be labelled."""
    if queue is None or queue.chosen == _UNLABELLED:
        # In these words, the database finds the index of what is to be read.
        return [text("scan_state.label IS NULL")]
    return waiting(session, queue)


def _waits(session: Session, scan_id: int, queue: Queue | None) -> bool:
    query = select(ScanState.scan_id).where(ScanState.scan_id == scan_id, *_waiting(session, queue))
    return session.scalar(query) is not None


def _reserve(session: Session, scan_id: int, reader: Reader, now: datetime) -> None:
    over = or_(
        Reservation.token == reader.token,
        Reservation.scan_id == scan_id,
        Reservation.until <= now,
    )
    session.execute(delete(Reservation).where(over))
    until = now + timedelta(seconds=HOLD_SECONDS)
    session.add(Reservation(scan_id=scan_id, who=reader.who, token=reader.token, until=until))


def _database_now(session: Session) -> datetime:
    """The time by the database's clock, which readers on several computers share."""
    return session.scalars(select(func.now(type_=UtcDateTime()))).one()
