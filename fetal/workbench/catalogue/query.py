"""Which scans a filter chooses: the cells that it fits, and the scans in them, read by index.

A cell is what filters choose by: source, label, opinion and doubt. There are a few hundred of
them however many scans there are, so that a filter is first applied to the cells.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.orm import Session

from fetal.store.bulk import any_of
from fetal.store.state.state_tables import ScanCount, ScanState
from fetal.store.table_base import UtcDateTime
from fetal.store.tables import UNUSABLE, ScanRow

Order = Literal["newest", "oldest", "doubt", "plane", "disagreement"]

Place = tuple[datetime, int]
"""Where a scan is in the order of arrival: when it was added, and its number."""


@dataclass(frozen=True)
class ScanFilter:
    """Which scans, in which order. Whatever is left empty excludes nothing.

    Attributes:
        planes: planes or `unusable`: the label where there is one, else the model's opinion.
        sources: `upload`, `import`, `sample`.
        reviewed: true for labelled scans, false for those without a label.
        doubts: what the model said of its certainty: `sure`, `check`, `unknown`.
        agreement: true where the model and the person agree, false where they do not.
        since: added at this moment or later.
        until: added at this moment or before.
        ids: only these scans.
        patients: only scans of these patients, by code.
        person: only scans whose label a person gave in whose name these letters are.
        machine: only scans of ultrasound machines in whose name these letters are.
        note: only scans whose note holds these words, in small or large letters.
        without: none of these scans.
        order: `newest` or `oldest` first, or `doubt`: what the model does not know first, then the
            largest doubt, and scans that no model has seen last.
            `plane`: plane by plane, and in each the largest doubt first. `disagreement`: where the
            label is not the model's opinion first, the surest opinion before others.
        limit: at most so many.
        offset: leave out so many at the start; what is left out is read all the same.
        after: only what comes after this place in the order, `newest` or `oldest`; however far
            that is, nothing before it is read.
    """

    planes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    reviewed: bool | None = None
    doubts: tuple[str, ...] = ()
    agreement: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[int, ...] | None = None
    patients: tuple[str, ...] = ()
    person: str = ""
    machine: str = ""
    note: str = ""
    without: tuple[int, ...] = ()
    order: Order = "newest"
    limit: int | None = None
    offset: int = 0
    after: Place | None = None


@dataclass(frozen=True)
class Cell:
    """Scans that every filter treats alike, but for dates and numbers.

    Attributes:
        name: as `scan_state.cell` has it.
        source: `upload`, `import` or `sample`.
        label: a plane or `unusable`; empty without a label.
        opinion: a plane; empty without an opinion.
        doubt: what the model said of its certainty; empty without an opinion.
        scans: how many scans it has.
    """

    name: str
    source: str
    label: str
    opinion: str
    doubt: str
    scans: int

    @property
    def shown(self) -> str:
        """The label where there is one, else the opinion."""
        return self.label or self.opinion

    def fits(self, chosen: ScanFilter) -> bool:
        """Return whether a filter chooses its scans, whatever their dates and numbers."""
        agrees = self.label == self.opinion
        comparable = self.label not in ("", UNUSABLE) and self.opinion != ""
        return (
            (not chosen.planes or self.shown in chosen.planes)
            and (not chosen.sources or self.source in chosen.sources)
            and (chosen.reviewed is None or (self.label != "") == chosen.reviewed)
            and (not chosen.doubts or self.doubt in chosen.doubts)
            and (chosen.agreement is None or (comparable and agrees == chosen.agreement))
        )


def narrows(chosen: ScanFilter) -> bool:
    """Return whether a filter chooses among the cells."""
    every = ScanFilter()
    return any(getattr(chosen, name) != getattr(every, name) for name in _OF_CELLS)


def searches(chosen: ScanFilter) -> bool:
    """Return whether a filter asks for patients, people, machines or words of a note."""
    return bool(chosen.patients or chosen.person or chosen.machine or chosen.note)


_OF_CELLS = ("planes", "sources", "doubts", "reviewed", "agreement")


def cells(session: Session, chosen: ScanFilter) -> list[Cell]:
    """List the cells that a filter fits, each with all of its scans.

    Args:
        session: the transaction.
        chosen: which scans.

    Returns:
        The cells.
    """
    rows = session.execute(select(ScanCount.cell, ScanCount.scans))
    every = (_cell(row.cell, row.scans) for row in rows)
    return [cell for cell in every if cell.fits(chosen)]


def _cell(name: str, scans: int) -> Cell:
    source, label, opinion, doubt = name.split("/")
    return Cell(name, source, label, opinion, doubt, scans)


def counted_cells(session: Session, chosen: ScanFilter) -> list[Cell]:
    """List the cells that a filter fits, each with as many scans as the filter chooses of it.

    Args:
        session: the transaction.
        chosen: which scans; its limit, offset and place do not matter.

    Returns:
        The cells that have such scans.
    """
    found = cells(session, chosen)
    chosen = replace(chosen, after=None)
    if chosen.ids is not None:
        counts: Mapping[str, int] = _count_named(session, conditions(chosen))
    elif searches(chosen) or chosen.since is not None or chosen.until is not None:
        counts = _count_between(session, found, conditions(chosen))
    elif chosen.without:
        left_out = _count_named(session, [any_of(ScanState.scan_id, chosen.without)])
        counts = {one.name: one.scans - left_out[one.name] for one in found}
    else:
        return found
    return [replace(one, scans=counts[one.name]) for one in found if counts.get(one.name)]


def in_cells(found: Iterable[Cell]) -> ColumnElement[bool]:
    """Ask that a scan is in one of some cells."""
    return ScanState.cell.in_([cell.name for cell in found])


def conditions(chosen: ScanFilter) -> list[ColumnElement[bool]]:
    """Write what a filter asks beyond the cells: dates, numbers and the place to go on after.

    Args:
        chosen: which scans.

    Returns:
        Conditions on `scan_state`.
    """
    found: list[ColumnElement[bool]] = []
    if chosen.since is not None:
        found.append(ScanState.added_at >= chosen.since)
    if chosen.until is not None:
        found.append(ScanState.added_at <= chosen.until)
    if chosen.ids is not None:
        found.append(any_of(ScanState.scan_id, chosen.ids))
    if chosen.patients:
        found.append(ScanState.patient_id.in_(chosen.patients))
    if chosen.person:
        found.append(ScanState.labelled_by.icontains(chosen.person, autoescape=True))
    if chosen.machine:
        named = ScanRow.machine.icontains(chosen.machine, autoescape=True)
        found.append(ScanState.scan_id.in_(select(ScanRow.id).where(named)))
    if chosen.note:
        found.append(ScanState.note.icontains(chosen.note, autoescape=True))
    if chosen.without:
        found.append(~any_of(ScanState.scan_id, chosen.without))
    if chosen.after is not None:
        here = tuple_(ScanState.added_at, ScanState.scan_id)
        place = tuple_(literal(chosen.after[0], UtcDateTime()), literal(chosen.after[1]))
        found.append(here > place if chosen.order == "oldest" else here < place)
    return found


def _count_named(session: Session, wanted: list[ColumnElement[bool]]) -> Counter[str]:
    """Count scans whose numbers are known, by cell."""
    return Counter(session.scalars(select(ScanState.cell).where(*wanted)))


def _count_between(
    session: Session, found: Iterable[Cell], wanted: list[ColumnElement[bool]]
) -> dict[str, int]:
    """Count the scans of each cell that came between two moments, in the index of the cells."""
    rows = session.execute(
        select(ScanState.cell, func.count())
        .where(in_cells(found), *wanted)
        .group_by(ScanState.cell)
    )
    return {row[0]: row[1] for row in rows}
