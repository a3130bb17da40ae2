"""All that is stored of one patient, by examination and in the order of its coming."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from fetal.scans.deidentification.pseudonyms import DAYS
from fetal.store.bulk import any_of
from fetal.store.tables import LockedScan, Patient, ScanRow
from fetal.workbench.catalogue.scans import ScanView, views
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

MOST = 120
"""Scans of a patient that are read at once: a drop without names may be one patient of many."""


@dataclass(frozen=True)
class Examination:
    """What was stored of a patient on one occasion.

    Attributes:
        code: its pseudonym; None for scans whose files named no examination.
        days: days since the patient's first examination that is shown; None where no file told.
        scans: its scans, in the order of their coming.
    """

    code: str | None
    days: int | None
    scans: tuple[ScanView, ...]


@dataclass(frozen=True)
class PatientRecord:
    """A patient's scans.

    Attributes:
        split: `train`, `validation` or `test`; None until the patient has a labelled scan that a
            training has split.
        examinations: the first one first; those without a day behind, and last what no file
            assigns to an examination.
        held_out: the numbers of those scans that are, or were, in the locked test set.
        before: where to go on with older scans (`patient_record`); None where all are read.
    """

    split: str | None
    examinations: tuple[Examination, ...]
    held_out: frozenset[int]
    before: int | None


def patient_record(
    workbench: Workbench, code: str, before: int | None = None, most: int = MOST
) -> PatientRecord | None:
    """Read a patient's scans; by index, and at most so many at once.

    Args:
        workbench: the workbench.
        code: the patient's pseudonym.
        before: only scans that came before the one with this number. If None, the newest.
        most: how many scans to read.

    Returns:
        The patient; None where no such scan is stored.

    Raises:
        NotPermittedError: the person may not see scans.
    """
    workbench.permit(Permission.SEE)
    query = select(ScanRow.id, ScanRow.study, ScanRow.day).where(ScanRow.patient_id == code)
    if before is not None:
        query = query.where(ScanRow.id < before)
    with workbench.store.reading() as session:
        rows = session.execute(query.order_by(ScanRow.id.desc()).limit(most + 1)).all()
        patient = session.get(Patient, code)
        if not rows or patient is None:
            return None
        shown = sorted(rows[:most], key=lambda row: row.id)
        numbers = [row.id for row in shown]
        seen = {one.id: one for one in views(session, numbers)}
        locked = select(LockedScan.scan_id).where(any_of(LockedScan.scan_id, numbers))
        held_out = frozenset(session.scalars(locked))
        split = patient.split
    days = {row.study: row.day for row in shown if row.day is not None}
    first = _first(list(days.values()))
    by_study: dict[str | None, list[ScanView]] = {}
    for row in shown:
        if row.id in seen:
            by_study.setdefault(row.study, []).append(seen[row.id])
    examinations = [
        Examination(
            study,
            (days[study] - first) % DAYS if study in days and first is not None else None,
            tuple(scans),
        )
        for study, scans in by_study.items()
    ]
    examinations.sort(key=lambda one: (one.code is None, one.days is None, one.days or 0))
    return PatientRecord(
        split, tuple(examinations), held_out, shown[0].id if len(rows) > most else None
    )


def _first(days: Sequence[int]) -> int | None:
    """The earliest of days that are counted round: the one behind the widest gap."""
    if not days:
        return None
    ordered = sorted(set(days))
    gaps = [(day - ordered[place - 1]) % DAYS for place, day in enumerate(ordered)]
    return ordered[gaps.index(max(gaps))]
