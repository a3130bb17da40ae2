"""Finds patients who have more scans than one person is likely to have."""

from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.store.bulk import batches
from fetal.store.tables import Patient, ScanRow

MOST_SCANS = 1_000
MOST_EXAMINATIONS = 50
"""Several pregnancies with scans every week come to fewer."""
_AT_ONCE = 500

Value = TypeVar("Value")


def crowded_patients(session: Session, scans: Iterable[int]) -> list[str]:
    """Return which patients of some scans have grown beyond belief.

    An identifier that a whole collection shares makes one patient of all its patients, and puts
    them in one split. Placeholders that are known are left aside before
    (`fetal.scans.deidentification.placeholders`); this finds the others.

    Args:
        session: the transaction.
        scans: the scans' numbers.

    Returns:
        A sentence for each such patient.
    """
    patients: set[str] = set()
    for some in batches(sorted(set(scans)), _AT_ONCE):
        patients |= set(
            session.scalars(
                select(ScanRow.patient_id)
                .join(Patient, Patient.id == ScanRow.patient_id)
                .where(ScanRow.id.in_(some), Patient.named)
                .distinct()
            )
        )
    return [
        _sentence(code, count, examinations)
        for some in batches(sorted(patients), _AT_ONCE)
        for code, count, examinations in session.execute(
            select(ScanRow.patient_id, func.count(), func.count(ScanRow.study.distinct()))
            .where(ScanRow.patient_id.in_(some))
            .group_by(ScanRow.patient_id)
            .order_by(ScanRow.patient_id)
        )
        if count > MOST_SCANS or examinations > MOST_EXAMINATIONS
    ]


def _sentence(code: str, count: int, examinations: int) -> str:
    of = f" of {examinations:,} examinations" if examinations else ""
    return (
        f"Patient {code} now has {count:,} scans{of}, more than one person is likely to have. "
        "Please check whether several people share this patient’s name or number."
    )
