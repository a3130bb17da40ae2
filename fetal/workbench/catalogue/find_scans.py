"""Finds the scans that a filter chooses, in its order, without reading those before or behind."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from sqlalchemy import BindParameter, Integer, String, and_, bindparam, case, func, select, text
from sqlalchemy.orm import Session

from fetal.store.state.state_tables import ScanState
from fetal.store.table_base import UtcDateTime
from fetal.store.tables import UNUSABLE
from fetal.workbench.catalogue.query import (
    Order,
    Place,
    ScanFilter,
    cells,
    conditions,
    in_cells,
    narrows,
    searches,
)

_PARTS = 400
"""Cells in one statement: SQLite joins 500 queries at the most."""
_FIRST_READ = 24
"""How many scans of each cell are read first, at the least."""


def find(session: Session, chosen: ScanFilter) -> list[int]:
    """Find the scans that a filter chooses.

    Args:
        session: the transaction.
        chosen: which scans.

    Returns:
        Their numbers, in the filter's order.
    """
    by_arrival = chosen.order in ("newest", "oldest")
    named = chosen.ids is not None or searches(chosen)
    if by_arrival and not named and chosen.limit is not None and narrows(chosen):
        return _merged(session, chosen)
    query = select(ScanState.scan_id).where(*conditions(chosen))
    asked = chosen
    if chosen.order == "doubt" and chosen.reviewed is False:
        # In these words, the database finds the index of what is to be read.
        query = query.where(text("scan_state.label IS NULL"))
        asked = replace(chosen, reviewed=None)
    if narrows(asked):
        query = query.where(in_cells(cells(session, chosen)))
    query = query.order_by(*ORDERS[chosen.order]).limit(chosen.limit)
    return list(session.scalars(query.offset(chosen.offset) if chosen.offset else query))


_DIFFERS = case(
    (
        and_(
            ScanState.label.is_not(None),
            ScanState.label != UNUSABLE,
            ScanState.label != ScanState.opinion,
        ),
        -ScanState.confidence,
    ),
    else_=1,
)
ORDERS: dict[Order, tuple[Any, ...]] = {
    "newest": (ScanState.added_at.desc(), ScanState.scan_id.desc()),
    "oldest": (ScanState.added_at, ScanState.scan_id),
    "doubt": (ScanState.reading_order, ScanState.scan_id),
    "plane": (
        func.coalesce(ScanState.label, ScanState.opinion),
        ScanState.reading_order,
        ScanState.scan_id,
    ),
    "disagreement": (_DIFFERS, ScanState.reading_order, ScanState.scan_id),
}
"""What each order sorts by."""


def find_stored_after(
    session: Session, chosen: ScanFilter, after: int, at_once: int
) -> tuple[list[int], int | None]:
    """Search the next scans in the order in which they were stored.

    Args:
        session: the transaction.
        chosen: which scans; its order, limit, offset and place do not matter.
        after: the number of the last scan that was looked at; 0 at first.
        at_once: how many scans to look at.

    Returns:
        The numbers of those that the filter chooses, ascending, and the number of the last scan
        that was looked at; None at the end.
    """
    names = {cell.name for cell in cells(session, chosen)}
    query = (
        select(ScanState.scan_id, ScanState.cell)
        .where(ScanState.scan_id > after, *conditions(replace(chosen, after=None)))
        .order_by(ScanState.scan_id)
        .limit(at_once)
    )
    rows = session.execute(query).all()
    last = rows[-1].scan_id if len(rows) == at_once else None
    return [row.scan_id for row in rows if row.cell in names], last


def _merged(session: Session, chosen: ScanFilter) -> list[int]:
    """Merge the scans of all cells that fit, each read by index in the order that is asked for.

    No index is sorted by arrival for every combination of filters, but for each cell there is one.
    A few scans of each cell are read, and more of those cells from which the wanted ones may still
    come, until none of them can.
    """
    wanted = chosen.offset + (chosen.limit or 0)
    newest = chosen.order == "newest"
    starts: dict[str, Place | None] = {cell.name: chosen.after for cell in cells(session, chosen)}
    found: list[Place] = []
    at_once = max(_FIRST_READ, 2 * wanted // max(1, len(starts)))
    while starts:
        read = _read(session, chosen, starts, at_once)
        found = sorted([*found, *chain.from_iterable(read.values())], reverse=newest)[:wanted]
        more = {name: places[-1] for name, places in read.items() if len(places) == at_once}
        last = found[-1] if len(found) == wanted else None
        starts = {
            name: place
            for name, place in more.items()
            if last is None or (place > last if newest else place < last)
        }
        at_once *= 2
    return [number for _, number in found[chosen.offset :]]


def _read(
    session: Session, chosen: ScanFilter, starts: Mapping[str, Place | None], at_once: int
) -> dict[str, list[Place]]:
    """Read the next scans of each cell, in one statement for many cells."""
    read: dict[str, list[Place]] = {name: [] for name in starts}
    items = list(starts.items())
    for first in range(0, len(items), _PARTS):
        statement, values = _union(chosen, items[first : first + _PARTS], at_once)
        for name, added_at, number in session.execute(statement, values):
            read[name].append((added_at, number))
    return read


def _union(
    chosen: ScanFilter, starts: Sequence[tuple[str, Place | None]], at_once: int
) -> tuple[Any, dict[str, Any]]:
    """Write one query for the next scans of several cells.

    As text: SQLAlchemy takes longer to put hundreds of queries together than they run.
    """
    newest = chosen.order == "newest"
    order, compared = ("DESC", "<") if newest else ("ASC", ">")
    shared = ""
    values: dict[str, Any] = {"at_once": at_once}
    typed: list[BindParameter[Any]] = []
    for name, moment, sign in (("since", chosen.since, ">="), ("until", chosen.until, "<=")):
        if moment is not None:
            shared += f" AND added_at {sign} :{name}"
            values[name] = moment
            typed.append(bindparam(name, type_=UtcDateTime()))
    if chosen.without:
        shared += " AND scan_id NOT IN :without"
        values["without"] = list(chosen.without)
        typed.append(bindparam("without", type_=Integer(), expanding=True, literal_execute=True))
    parts = []
    for index, (cell, after) in enumerate(starts):
        place = ""
        values[f"cell{index}"] = cell
        if after is not None:
            place = f" AND (added_at, scan_id) {compared} (:at{index}, :scan{index})"
            values[f"at{index}"], values[f"scan{index}"] = after
            typed.append(bindparam(f"at{index}", type_=UtcDateTime()))
        parts.append(
            f"SELECT * FROM (SELECT cell, added_at, scan_id FROM scan_state "
            f"WHERE cell = :cell{index}{shared}{place} "
            f"ORDER BY added_at {order}, scan_id {order} LIMIT :at_once) AS part{index}"
        )
    statement = text(" UNION ALL ".join(parts)).bindparams(*typed)
    return statement.columns(cell=String(), added_at=UtcDateTime(), scan_id=Integer()), values
