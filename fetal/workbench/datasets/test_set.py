"""The locked test set: which scans are in it, which joined, and which left, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fetal.splits import TEST
from fetal.store.any_of import any_of
from fetal.store.table_base import now
from fetal.store.tables import (
    NOTE,
    SAMPLE,
    UNUSABLE,
    Annotation,
    LockedScan,
    LookalikeDecision,
    Patient,
    ScanRow,
)
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.snapshot import Labelled, labelled
from fetal.workbench.near_duplicates.groups import left_out


@dataclass(frozen=True)
class Departure:
    """A scan that was in the locked test set once and is not now.

    Attributes:
        scan_id: its number.
        name: what people call it.
        reason: why, such as `label taken back by Ann`.
        at: when that happened.
    """

    scan_id: int
    name: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class TestSet:
    """The labelled scans of the patients kept apart for testing, samples excepted.

    Attributes:
        scans: those in it now, in the order in which they came into the workspace.
        joined: how many of them joined last, at one time.
        joined_at: when; none while nothing ever joined.
        first: whether those were the first ones, so that the set has not grown yet.
        left: every scan that was in it once and is not now, the newest to leave first.
    """

    scans: list[Labelled]
    joined: int
    joined_at: datetime | None
    first: bool
    left: list[Departure]

    @property
    def patients(self) -> int:
        """How many patients its scans show."""
        return len({scan.group for scan in self.scans})


def take_stock(workbench: Workbench) -> TestSet:
    """Look through the locked test set, and remember the scans that are new in it.

    What was in it once is remembered for ever, so that no scan leaves without being told of. A
    scan whose label changes from one plane to another stays.

    Args:
        workbench: the open workbench.

    Returns:
        The set, with what has changed.
    """
    with workbench.store.reading() as session:
        scans = locked_scans(session)
        known = _remembered(session)
    here = {scan.scan for scan in scans}
    new = here - known.keys()
    if new:
        at = now()
        _remember(workbench, new, at)
        known |= dict.fromkeys(new, at)
    with workbench.store.reading() as session:
        left = _departures(session, known.keys() - here)
    last = max(known.values(), default=None)
    return TestSet(
        scans=scans,
        joined=sum(known[number] == last for number in here),
        joined_at=last,
        first=len(set(known.values())) < 2,
        left=left,
    )


def locked_scans(session: Session) -> list[Labelled]:
    """The scans that are in the locked test set now."""
    apart = set(session.scalars(select(Patient.id).where(Patient.split == TEST)))
    return [scan for scan in labelled(session) if scan.patient in apart and scan.source != SAMPLE]


def locked_mark(workbench: Workbench) -> str:
    """A text that changes whenever the locked test set or a label in it may have changed."""
    with workbench.store.reading() as session:
        annotation, patients = session.execute(
            select(func.max(Annotation.id), func.count(Patient.id.distinct()))
            .select_from(Patient)
            .join(ScanRow, ScanRow.patient_id == Patient.id)
            .join(Annotation, Annotation.scan_id == ScanRow.id)
            .where(Patient.split == TEST)
        ).one()
        decision = session.scalar(select(func.max(LookalikeDecision.id)))
    return f"{annotation or 0}-{patients}-{decision or 0}"


def _remembered(session: Session) -> dict[int, datetime]:
    rows = session.execute(select(LockedScan.scan_id, LockedScan.joined_at))
    return {row.scan_id: row.joined_at for row in rows}


def _remember(workbench: Workbench, new: Iterable[int], at: datetime) -> None:
    with workbench.store.session() as session:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        # One may have been erased a moment ago.
        there = session.scalars(
            select(ScanRow.id).where(any_of(ScanRow.id, new)).order_by(ScanRow.id)
        )
        rows = [{"scan_id": number, "joined_at": at} for number in there]
        if rows:
            # Two people may compare at the same time: the scan joined with the first of them.
            session.execute(dialect.insert(LockedScan).on_conflict_do_nothing(), rows)


def _departures(session: Session, gone: Iterable[int]) -> list[Departure]:
    # What left is little, and each scan's last word is one look-up in the index.
    copies = left_out(session)
    found = [
        Departure(number, scan.name, f"called a copy by {copies[number].who}", copies[number].at)
        if number in copies
        else _departure(session, scan)
        for number in gone
        # One may have been erased a moment ago.
        if (scan := session.get(ScanRow, number)) is not None
    ]
    return sorted(filter(None, found), key=lambda one: one.at, reverse=True)


def _departure(session: Session, scan: ScanRow) -> Departure | None:
    last = session.scalars(
        select(Annotation)
        .where(Annotation.scan_id == scan.id, Annotation.kind != NOTE)
        .order_by(Annotation.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return None
    if last.label is None:
        reason = f"label taken back by {last.who}"
    elif last.label == UNUSABLE:
        reason = f"called unusable by {last.who}"
    else:
        reason = "its patient is no longer kept apart"
    return Departure(scan.id, scan.name, reason, last.at)
