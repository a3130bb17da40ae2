"""The locked test set: which scans are in it, which joined, and which left, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fetal.planes import PLANES, Plane
from fetal.splits import TEST
from fetal.store.bulk import any_of
from fetal.store.table_base import now
from fetal.store.tables import (
    NOTE,
    UNUSABLE,
    Annotation,
    LockedScan,
    LookalikeDecision,
    ScanRow,
)
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.label_index import label_index
from fetal.workbench.near_duplicates.groups import left_out


class HeldOutScan(NamedTuple):
    """A scan of the locked test set.

    Attributes:
        scan: its number.
        patient: the patient, or the code that stands for all patients that a person called one.
        plane: the label.
    """

    scan: int
    patient: str
    plane: Plane


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

    scans: list[HeldOutScan]
    joined: int
    joined_at: datetime | None
    first: bool
    left: list[Departure]

    @property
    def patients(self) -> int:
        """How many patients its scans show."""
        return len({scan.patient for scan in self.scans})


def take_stock(workbench: Workbench) -> TestSet:
    """Check the locked test set, and record the scans that are new in it.

    What was in it once is remembered for ever, so that no scan leaves without being told of. A
    scan whose label changes from one plane to another stays.

    Args:
        workbench: the open workbench.

    Returns:
        The set, with what has changed.
    """
    scans = locked_scans(workbench)
    here = {scan.scan for scan in scans}
    with workbench.store.reading() as session:
        known = set(session.scalars(select(LockedScan.scan_id)))
    if here - known:
        _remember(workbench, here - known, now())
    with workbench.store.reading() as session:
        left = _departures(session, known - here)
        last = session.scalar(select(func.max(LockedScan.joined_at)))
        newest = session.scalars(select(LockedScan.scan_id).where(LockedScan.joined_at == last))
        moments = select(LockedScan.joined_at).distinct().limit(2)
        return TestSet(
            scans=scans,
            joined=len(here & set(newest)),
            joined_at=last,
            first=len(session.scalars(moments).all()) < 2,
            left=left,
        )


def locked_scans(workbench: Workbench) -> list[HeldOutScan]:
    """Return the scans that are in the locked test set now, in the order in which they came.

    Args:
        workbench: the open workbench.
    """
    columns = label_index(workbench).columns()
    labels, together = columns.labels, columns.decisions.together
    chosen = labels.only(
        columns.is_in(TEST) & ~labels.sample & ~np.isin(labels.scan, columns.decisions.copies)
    )
    codes = columns.patients.codes
    rows = zip(chosen.scan.tolist(), chosen.patient.tolist(), chosen.plane.tolist(), strict=True)
    return [
        HeldOutScan(scan, together.get(codes[patient], codes[patient]), PLANES[plane])
        for scan, patient, plane in rows
    ]


def locked_mark(workbench: Workbench) -> str:
    """Return a text that changes whenever the locked test set or a label in it may have changed.

    Args:
        workbench: the open workbench.
    """
    with workbench.store.reading() as session:
        decision = session.scalar(select(func.max(LookalikeDecision.id)))
    return f"{label_index(workbench).test_mark()}-{decision or 0}"


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
    numbers = list(gone)
    if not numbers:
        return []
    copies = left_out(session)
    newest = (
        select(func.max(Annotation.id))
        .where(any_of(Annotation.scan_id, numbers), Annotation.kind != NOTE)
        .group_by(Annotation.scan_id)
    )
    rows = session.execute(
        select(ScanRow.id, ScanRow.name, Annotation.label, Annotation.who, Annotation.at)
        .join(Annotation, Annotation.scan_id == ScanRow.id)
        .where(Annotation.id.in_(newest))
    )
    found = []
    for row in rows:
        reason, at = _reason(row.label, row.who), row.at
        if row.id in copies:
            reason, at = f"called a copy by {copies[row.id].who}", copies[row.id].at
        found.append(Departure(row.id, row.name, reason, at))
    return sorted(found, key=lambda one: one.at, reverse=True)


def _reason(label: str | None, who: str) -> str:
    if label is None:
        return f"label taken back by {who}"
    if label == UNUSABLE:
        return f"called unusable by {who}"
    return "its patient is no longer kept apart"
