"""Finds the scans of a queue that wait for a label, first come first, by index at any size.

A filter is applied to the cells (`fetal.workbench.catalogue.query`), of which there are a few
hundred; of each cell that fits, the first scans are read in the order of an index and merged.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import BindParameter, Integer, bindparam, case, func, or_, select, text
from sqlalchemy.orm import Session

from fetal.store.bulk import any_of
from fetal.store.state.state_tables import ScanState
from fetal.store.table_base import UtcDateTime
from fetal.store.tables import UNUSABLE
from fetal.workbench.catalogue.find_scans import ORDERS
from fetal.workbench.catalogue.query import Cell, ScanFilter, cells, conditions, searches
from fetal.workbench.reading_queues.queues import Queue, is_undone

UNLABELLED = ScanFilter(reviewed=False)

_PARTS = 400
"""Cells in one statement: SQLite joins 500 queries at the most."""

_DOUBTFUL, _SUREST = "reading_order, scan_id", "reading_order DESC, scan_id DESC"
_NEWEST, _OLDEST = "added_at DESC, scan_id DESC", "added_at, scan_id"
# Scans of several kinds of doubt have one scale of confidence, and several of reading.
_COMPARED = {
    _DOUBTFUL: "reading_order",
    _SUREST: "confidence",
    _NEWEST: "added_at",
    _OLDEST: "added_at",
}


SORTED_AT_MOST = 5_000
"""Where no more scans were added between the dates of a filter, these are sorted; of more, the
cells are read in order until enough fit."""


@dataclass(frozen=True)
class _Group:
    """Cells whose scans are merged into one order."""

    names: tuple[str, ...]
    order: str


def first_waiting(
    session: Session,
    queue: Queue | None,
    skipped: Collection[int],
    moment: datetime,
    most: int,
) -> list[int]:
    """Find the next scans of a queue that wait and that nobody holds.

    Args:
        session: the transaction.
        queue: what is read. If None, all scans without a label, by doubt.
        skipped: scans to leave out.
        moment: now, by the database's clock; a reservation that lasts longer is held.
        most: how many, at the most.

    Returns:
        Their numbers in the order of the queue; of diversity, doubt alone decides here.
    """
    if queue is None or (queue.chosen == UNLABELLED and _by_doubt(queue)):
        # In these words, the database finds the index of what is to be read.
        unlabelled = text("scan_state.label IS NULL")
        query = select(ScanState.scan_id).where(unlabelled, *_is_free(skipped, moment))
        return list(session.scalars(query.order_by(*ORDERS["doubt"]).limit(most)))
    if queue.as_listed or queue.chosen.ids is not None or searches(queue.chosen):
        return list(islice(_named(session, queue, skipped, moment, _sorted_by(queue)), most))
    found: list[int] = []
    for group in _groups(queue, cells(session, queue.chosen)):
        if len(found) < most:
            found += _merged(session, queue, group, skipped, moment, most - len(found))
    return found


def waiting_among(
    session: Session,
    queue: Queue | None,
    numbers: Collection[int],
    skipped: Collection[int] = (),
    moment: datetime | None = None,
) -> set[int]:
    """Return which of a few scans wait in a queue.

    Args:
        session: the transaction.
        queue: what is read, as for `first_waiting`.
        numbers: the scans.
        skipped: scans to leave out.
        moment: now, by the database's clock; those that somebody holds are left out. If None, they
            are not.
    """
    asked = queue or Queue(None, "", UNLABELLED, "doubt", mark=0)
    among = replace(asked, chosen=_among(asked.chosen, numbers))
    return set(_named(session, among, skipped, moment, ()))


def _among(chosen: ScanFilter, numbers: Collection[int]) -> ScanFilter:
    """The filter, of some scans only."""
    both = set(numbers) if chosen.ids is None else set(numbers) & set(chosen.ids)
    return replace(chosen, ids=tuple(both))


def _named(
    session: Session,
    queue: Queue,
    skipped: Collection[int],
    moment: datetime | None,
    order: tuple[Any, ...],
) -> Iterator[int]:
    """Scans that a queue names or searches.

    SQLite would look for those of the filter's cells first, however few scans are named: so cells
    and dates are compared here.
    """
    chosen = queue.chosen
    names = {cell.name for cell in cells(session, chosen)}
    wanted = conditions(replace(chosen, since=None, until=None, after=None))
    query = (
        select(ScanState.scan_id, ScanState.cell, ScanState.added_at)
        .where(*wanted, is_undone(queue.mark), *_is_free(skipped, moment))
        .order_by(*order)
    )
    for number, cell, added_at in session.execute(query):
        early = chosen.since is not None and added_at < chosen.since
        late = chosen.until is not None and added_at > chosen.until
        if cell in names and not (early or late):
            yield number


def _is_free(skipped: Collection[int], moment: datetime | None) -> list[Any]:
    left = [~any_of(ScanState.scan_id, skipped)]
    if moment is not None:
        left.append(or_(ScanState.reserved_until.is_(None), ScanState.reserved_until <= moment))
    return left


def database_now(session: Session) -> datetime:
    """Return the time by the database's clock, which readers on several computers share.

    Args:
        session: the transaction.
    """
    return session.scalars(select(func.now(type_=UtcDateTime()))).one()


def _by_doubt(queue: Queue) -> bool:
    return queue.order in ("doubt", "diversity") and not queue.as_listed


def _sorted_by(queue: Queue) -> tuple[Any, ...]:
    """What the scans of a queue that names or searches them are sorted by."""
    if queue.as_listed and queue.chosen.ids:
        places = {number: place for place, number in enumerate(queue.chosen.ids)}
        return (case(places, value=ScanState.scan_id),)
    return ORDERS["doubt" if queue.order == "diversity" else queue.order]


def _groups(queue: Queue, found: list[Cell]) -> Iterator[_Group]:
    """The cells of a queue in the order in which they are read out.

    Within a cell, the order of reading is that of confidence: its scans have one kind of doubt.
    """
    if queue.order in ("newest", "oldest"):
        yield _group(found, _NEWEST if queue.order == "newest" else _OLDEST)
    elif queue.order == "plane":
        for shown in sorted({cell.shown for cell in found}, key=lambda one: (not one, one)):
            yield _group([cell for cell in found if cell.shown == shown], _DOUBTFUL)
    elif queue.order == "disagreement":
        yield _group([cell for cell in found if _differs(cell)], _SUREST)
        yield _group([cell for cell in found if not cell.label], _DOUBTFUL)
        rest = [cell for cell in found if cell.label and not _differs(cell)]
        yield _group(rest, _DOUBTFUL)
    else:
        yield _group(found, _DOUBTFUL)


def _group(found: list[Cell], order: str) -> _Group:
    return _Group(tuple(cell.name for cell in found), order)


def _differs(cell: Cell) -> bool:
    return cell.label not in ("", UNUSABLE, cell.opinion) and cell.opinion != ""


def _merged(
    session: Session,
    queue: Queue,
    group: _Group,
    skipped: Collection[int],
    moment: datetime,
    most: int,
) -> list[int]:
    """Read the first scans of each cell, and merge them."""
    read: list[Any] = []
    added_at = "added_at"
    if session.get_bind().dialect.name == "sqlite" and _many_between(session, queue.chosen):
        # SQLite counts no rows: by itself, it would sort all that were added between the dates.
        added_at = "+added_at"
    for start in range(0, len(group.names), _PARTS):
        statement, values = _union(queue, group, start, skipped, added_at)
        read += session.execute(statement, values | {"moment": moment, "most": most}).all()
    read.sort(reverse=group.order.endswith("DESC"))
    return [number for _, number in read[:most]]


def _many_between(session: Session, chosen: ScanFilter) -> bool:
    """Whether a filter by dates leaves too many scans to be sorted; read by index up to there."""
    between = conditions(ScanFilter(since=chosen.since, until=chosen.until))
    query = select(ScanState.scan_id).where(*between).order_by(*ORDERS["newest"])
    return bool(between) and session.scalar(query.offset(SORTED_AT_MOST).limit(1)) is not None


def _union(
    queue: Queue, group: _Group, start: int, skipped: Collection[int], added_at: str
) -> tuple[Any, dict[str, Any]]:
    """Write one query for the next scans of several cells.

    As text: SQLAlchemy takes longer to put hundreds of queries together than they run.
    """
    compared = _COMPARED[group.order]
    left_out = [*skipped, *queue.chosen.without]
    values: dict[str, Any] = {"mark": queue.mark}
    typed: list[BindParameter[Any]] = [bindparam("moment", type_=UtcDateTime())]
    shared = (
        "(label_id IS NULL OR label_id <= :mark) "
        "AND (reserved_until IS NULL OR reserved_until <= :moment)"
    )
    if left_out:
        shared += " AND scan_id NOT IN :left_out"
        values["left_out"] = left_out
        typed.append(bindparam("left_out", type_=Integer(), expanding=True, literal_execute=True))
    for name, when, sign in (
        ("since", queue.chosen.since, ">="),
        ("until", queue.chosen.until, "<="),
    ):
        if when is not None:
            shared += f" AND {added_at} {sign} :{name}"
            values[name] = when
            typed.append(bindparam(name, type_=UtcDateTime()))
    parts = []
    for place, cell in enumerate(group.names[start : start + _PARTS]):
        values[f"cell{place}"] = cell
        parts.append(
            f"SELECT * FROM (SELECT {compared}, scan_id FROM scan_state "
            f"WHERE cell = :cell{place} AND {shared} "
            f"ORDER BY {group.order} LIMIT :most) AS part{place}"
        )
    return text(" UNION ALL ".join(parts)).bindparams(*typed), values
