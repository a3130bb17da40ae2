"""Who is looking at which scan, so that several readers are handed different ones."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from fetal.store.table_base import UtcDateTime
from fetal.store.tables import Reservation, ScanRow
from fetal.workbench.annotations.label_rows import newest_annotation
from fetal.workbench.catalogue.query import ScanFilter
from fetal.workbench.catalogue.scans import ScanView, scans
from fetal.workbench.core.workbench import Workbench

HOLD_SECONDS = 120
"""A reservation that nobody renews ends after so many seconds: somebody closed the browser."""

RENEW_SECONDS = 30
"""How often whoever looks at a scan renews its reservation."""

_CANDIDATES = 20
"""How many scans are read at once, in the hope that one of them is free."""


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
    workbench: Workbench, reader: Reader, skipped: Collection[int] = ()
) -> ScanView | None:
    """Reserve the scan that a reader is to label next.

    Args:
        workbench: the workbench.
        reader: who asks.
        skipped: scans to leave out.

    Returns:
        The scan that the reader holds already, while it has no label. Otherwise the unlabelled
        scan that the model doubts most, among those that nobody else holds; the reader holds it
        from now on, and no other. If None, every scan is labelled, skipped or held by others.
    """
    mine = _held(workbench, reader)
    if mine is not None and mine not in skipped:
        chosen = ScanFilter(reviewed=False, ids=(mine,))
        # Also renews it; somebody else may have got it while this session was asleep.
        if (found := scans(workbench, chosen)) and _claim(workbench, [mine], reader) is not None:
            return found[0]
    while candidates := _candidates(workbench, reader, skipped):
        claimed = _claim(workbench, [one.id for one in candidates], reader)
        if claimed is not None:
            return next(one for one in candidates if one.id == claimed)
    release(workbench, reader)
    return None


def upcoming(
    workbench: Workbench, reader: Reader, skipped: Collection[int] = ()
) -> ScanView | None:
    """Return the scan that the reader would be handed next, without a reservation.

    Args:
        workbench: the workbench.
        reader: who asks.
        skipped: scans to leave out, the present one too.

    Returns:
        The scan; None where no other is left.
    """
    return next(iter(_candidates(workbench, reader, skipped, limit=1)), None)


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
    with workbench.store.reading() as session:
        rows = session.execute(
            select(Reservation.scan_id, Reservation.who).where(
                Reservation.token != reader.token, Reservation.until > _database_now(session)
            )
        )
        return {row.scan_id: row.who for row in rows}


def _held(workbench: Workbench, reader: Reader) -> int | None:
    mine = select(Reservation.scan_id).where(Reservation.token == reader.token).limit(1)
    with workbench.store.reading() as session:
        return session.scalar(mine)


def _candidates(
    workbench: Workbench, reader: Reader, skipped: Collection[int], limit: int = _CANDIDATES
) -> list[ScanView]:
    without = (*skipped, *held_by_others(workbench, reader))
    return scans(workbench, ScanFilter(reviewed=False, order="doubt", limit=limit, without=without))


def _claim(workbench: Workbench, numbers: Sequence[int], reader: Reader) -> int | None:
    """Reserve the first of some scans that is still there, unlabelled and free."""
    with workbench.store.session() as session:
        now = _database_now(session)
        others = select(Reservation.scan_id).where(
            Reservation.scan_id.in_(numbers),
            Reservation.token != reader.token,
            Reservation.until > now,
        )
        taken = set(session.scalars(others))
        there = set(session.scalars(select(ScanRow.id).where(ScanRow.id.in_(numbers))))
        for number in numbers:
            if number in there - taken and not _labelled(session, number):
                _reserve(session, number, reader, now)
                return number
    return None


def _reserve(session: Session, scan_id: int, reader: Reader, now: datetime) -> None:
    over = or_(
        Reservation.token == reader.token,
        Reservation.scan_id == scan_id,
        Reservation.until <= now,
    )
    session.execute(delete(Reservation).where(over))
    until = now + timedelta(seconds=HOLD_SECONDS)
    session.add(Reservation(scan_id=scan_id, who=reader.who, token=reader.token, until=until))


def _labelled(session: Session, scan_id: int) -> bool:
    newest = newest_annotation(session, scan_id)
    return newest is not None and newest.label is not None


def _database_now(session: Session) -> datetime:
    """The time by the database's clock, which readers on several computers share."""
    return session.scalars(select(func.now(type_=UtcDateTime()))).one()
