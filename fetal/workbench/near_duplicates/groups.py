"""What people decided of scans that look alike: which copies stay out, who is one patient."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session, aliased

from fetal.store.bulk import batches
from fetal.store.tables import Lookalike, LookalikeDecision, Patient, ScanRow
from fetal.workbench.near_duplicates.ranks import rank_pairs_of

COPY = "copy"
TOGETHER = "together"
DIFFERENT = "different"
OPEN = "open"

Pair = tuple[int, int]
Link = tuple[int, str, str]
"""The number of a decision, and the two patients whom it calls one."""

_AT_ONCE = 500
"""Patients in one statement: databases take only so many values at a time."""


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
    """Return the decision that stands for each pair; none where it was taken back.

    Args:
        session: the transaction.

    Returns:
        By the two scans' numbers, the larger first.
    """
    return dict(_standing(session, Lookalike.decision_id > 0))


def standing_of(session: Session, pair: Pair) -> Standing | None:
    """Return the decision that stands for one pair; None if there is none.

    Args:
        session: the transaction.
        pair: the two scans' numbers, the larger first.
    """
    one, other = pair
    wanted = (Lookalike.scan_id == one, Lookalike.other_id == other)
    return dict(_standing(session, *wanted)).get(pair)


def left_out(session: Session) -> dict[int, Standing]:
    """Return the scans that a person called copies, which take part in nothing any more."""
    copies = _standing(session, Lookalike.decision_id > 0, LookalikeDecision.decision == COPY)
    return {one.left_out: one for _, one in copies if one.left_out is not None}


def groups(session: Session) -> dict[str, str]:
    """Return the patients that a person called one patient, each with its group's code.

    Args:
        session: the transaction.

    Returns:
        A code such as `G-3` for each patient of a group, the same for all of it; patients that
        stand alone are not among them. The code is no patient's: erasing one leaves no trace.
    """
    rows = session.execute(
        select(Patient.id, Patient.group_id).where(Patient.group_id.is_not(None))
    )
    return {row.id: f"G-{row.group_id}" for row in rows}


def regroup(session: Session, patients: Iterable[str]) -> None:
    """Write anew who is one patient, after a decision, a scan's patient or a scan itself changed.

    Only the groups of the given patients, and those that they are linked with, are read.

    Args:
        session: the transaction that made the change; it must be one that writes.
        patients: the pseudonyms of those whom the change concerns.
    """
    members, links = _linked(session, set(patients))
    found = _joined(links)
    changed = {code for code, before in members.items() if found.get(code) != before}
    if changed:
        rows = [{"id": code, "group_id": found.get(code)} for code in sorted(changed)]
        session.execute(update(Patient), rows)
    for some in batches(sorted(changed), _AT_ONCE):
        rank_pairs_of(session, select(ScanRow.id).where(ScanRow.patient_id.in_(some)))


def in_one_group(session: Session, patients: Iterable[str]) -> set[str]:
    """Return those whom people called one patient with one of some patients, and these as well.

    Args:
        session: the transaction.
        patients: the pseudonyms; who stands alone is not among those returned.
    """
    members = _with_their_groups(session, set(patients))
    return {code for code, group in members.items() if group is not None}


def _standing(session: Session, *wanted: ColumnElement[bool]) -> Iterator[tuple[Pair, Standing]]:
    rows = session.execute(
        select(Lookalike.scan_id, Lookalike.other_id, LookalikeDecision)
        .join(LookalikeDecision, LookalikeDecision.id == Lookalike.decision_id)
        .where(*wanted)
        .order_by(LookalikeDecision.id)
    )
    for one, other, row in rows:
        yield (
            (one, other),
            Standing(row.decision, row.left_out_id, row.who, row.at, row.id),
        )


def _linked(session: Session, patients: set[str]) -> tuple[dict[str, int | None], set[Link]]:
    """Return all patients of the groups concerned, with their group until now, and their links."""
    members: dict[str, int | None] = {}
    links: set[Link] = set()
    new = patients
    while new:
        members |= _with_their_groups(session, new)
        found = {
            link for some in batches(sorted(members), _AT_ONCE) for link in _links(session, some)
        }
        links |= found
        new = {code for _, *both in found for code in both} - members.keys()
    return members, links


def _with_their_groups(session: Session, patients: set[str]) -> dict[str, int | None]:
    rows = [
        row
        for some in batches(sorted(patients), _AT_ONCE)
        for row in session.execute(select(Patient.id, Patient.group_id).where(Patient.id.in_(some)))
    ]
    named = sorted({number for _, number in rows if number is not None})
    for numbers in batches(named, _AT_ONCE):
        rows += session.execute(
            select(Patient.id, Patient.group_id).where(Patient.group_id.in_(numbers))
        )
    return dict(rows)


def _links(session: Session, patients: Sequence[str]) -> Iterator[Link]:
    """Yield the decisions that stand and call one of some patients, and another, one."""
    one, other = aliased(ScanRow), aliased(ScanRow)
    for near, far in ((one, other), (other, one)):
        yield from session.execute(
            select(Lookalike.decision_id, one.patient_id, other.patient_id)
            .join(one, one.id == Lookalike.scan_id)
            .join(other, other.id == Lookalike.other_id)
            .join(LookalikeDecision, LookalikeDecision.id == Lookalike.decision_id)
            .where(
                near.patient_id.in_(patients),
                near.patient_id != far.patient_id,
                LookalikeDecision.decision == TOGETHER,
            )
        )


def _joined(links: Iterable[Link]) -> dict[str, int]:
    """Chains of pairs are one group, with the number of the first decision that made it."""
    members: dict[str, set[str]] = {}
    first: dict[str, int] = {}
    for number, one, other in links:
        whole = members.get(one, {one}) | members.get(other, {other})
        name = min(number, *(first.get(patient, number) for patient in (one, other)))
        for patient in whole:
            members[patient] = whole
            first[patient] = name
    return first
