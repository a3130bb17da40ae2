"""What people decided of scans that look alike: which copies stay out, who is one patient."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.store.any_of import any_of
from fetal.store.tables import LookalikeDecision, ScanRow

COPY = "copy"
TOGETHER = "together"
DIFFERENT = "different"
OPEN = "open"

Pair = tuple[int, int]


@dataclass(frozen=True)
class Standing:
    """The decision on a pair that stands.

    Attributes:
        decision: `copy`, `together` or `different`.
        left_out: of a copy, the scan that takes no part any more.
        who: the person.
        at: when.
        number: its place among all decisions.
    """

    decision: str
    left_out: int | None
    who: str
    at: datetime
    number: int


def standing(session: Session) -> dict[Pair, Standing]:
    """Give the decision that stands for each pair; none where it was taken back.

    Args:
        session: the transaction.

    Returns:
        By the two scans' numbers, the larger first.
    """
    newest = select(func.max(LookalikeDecision.id)).group_by(
        LookalikeDecision.scan_id, LookalikeDecision.other_id
    )
    rows = session.scalars(
        select(LookalikeDecision)
        .where(LookalikeDecision.id.in_(newest), LookalikeDecision.decision != OPEN)
        .order_by(LookalikeDecision.id)
    )
    return {
        (row.scan_id, row.other_id): Standing(
            row.decision, row.left_out_id, row.who, row.at, row.id
        )
        for row in rows
    }


def left_out(session: Session) -> dict[int, Standing]:
    """Give the scans that a person called copies, which take part in nothing any more."""
    return {one.left_out: one for one in standing(session).values() if one.left_out is not None}


def groups(session: Session) -> dict[str, str]:
    """Give the patients that a person called one patient, each with its group's code.

    Args:
        session: the transaction.

    Returns:
        A code such as `G-3` for each patient of a group, the same for all of it; patients that
        stand alone are not among them. The code is no patient's: erasing one leaves no trace.
    """
    found = {
        pair: one.number for pair, one in standing(session).items() if one.decision == TOGETHER
    }
    if not found:
        return {}
    scans = {number for pair in found for number in pair}
    patient = {
        row.id: row.patient_id
        for row in session.execute(
            select(ScanRow.id, ScanRow.patient_id).where(any_of(ScanRow.id, scans))
        )
    }
    links = [
        (patient[one], patient[other], number)
        for (one, other), number in found.items()
        if patient[one] != patient[other]
    ]
    return _joined(links)


def _joined(links: Iterable[tuple[str, str, int]]) -> dict[str, str]:
    """Chains of pairs are one group, named by the first decision that made it."""
    members: dict[str, set[str]] = {}
    first: dict[str, int] = {}
    for one, other, number in links:
        whole = members.get(one, {one}) | members.get(other, {other})
        name = min(number, *(first.get(patient, number) for patient in (one, other)))
        for patient in whole:
            members[patient] = whole
            first[patient] = name
    return {patient: f"G-{number}" for patient, number in first.items()}
