"""Who is looking at which scan, so that several readers are handed different ones."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from fetal.store.tables import Reservation, ScanRow
from fetal.workbench.catalogue.scans import ScanView, views
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.reading_queues.diverse_ahead import diverse_ahead
from fetal.workbench.reading_queues.first_waiting import database_now, first_waiting, waiting_among
from fetal.workbench.reading_queues.queues import Queue, QueueError

HOLD_SECONDS = 120
"""A reservation that nobody renews ends after so many seconds: somebody closed the browser."""

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
    ahead = diverse_ahead(workbench, queue)
    with workbench.store.session() as session:
        now = database_now(session)
        held = select(Reservation.scan_id).where(Reservation.token == reader.token).limit(1)
        mine = session.scalar(held)
        if mine is None or mine in skipped or not waiting_among(session, queue, [mine]):
            mine = next(iter(_next_free(session, skipped, now, 1, queue, ahead)), None)
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
    ahead = diverse_ahead(workbench, queue)
    with workbench.store.reading() as session:
        return _next_free(session, skipped, database_now(session), most, queue, ahead)


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
        now = database_now(session)
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
                Reservation.token != reader.token, Reservation.until > database_now(session)
            )
        )
        return {row.scan_id: row.who for row in rows}


def _next_free(
    session: Session,
    skipped: Collection[int],
    now: datetime,
    most: int,
    queue: Queue | None,
    ahead: Sequence[int],
) -> list[int]:
    """The scans to label next among those that nobody holds; read by index, in its order.

    Where the queue looks for diversity, those that were put into that order come first.
    """
    if not ahead:
        return first_waiting(session, queue, skipped, now, most)
    there = waiting_among(session, queue, ahead, skipped, now)
    found = [number for number in ahead if number in there][:most]
    if len(found) < most:
        found += first_waiting(session, queue, [*skipped, *found], now, most - len(found))
    return found


def _reserve(session: Session, scan_id: int, reader: Reader, now: datetime) -> None:
    over = or_(
        Reservation.token == reader.token,
        Reservation.scan_id == scan_id,
        Reservation.until <= now,
    )
    session.execute(delete(Reservation).where(over))
    until = now + timedelta(seconds=HOLD_SECONDS)
    session.add(Reservation(scan_id=scan_id, who=reader.who, token=reader.token, until=until))
