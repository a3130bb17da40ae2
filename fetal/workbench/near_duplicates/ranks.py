"""Where each pair of look-alikes stands in the lists that people work through."""

from sqlalchemy import ColumnElement, Select, case, func, select, update
from sqlalchemy.orm import Session, aliased

from fetal.splits import TEST
from fetal.store.bulk import any_of, batches
from fetal.store.database import Store
from fetal.store.tables import Lookalike, Patient, ScanRow

LEAKS = 0
"""One of the two, and not the other, is kept apart for testing."""
ACROSS = 1
"""Filed under two patients."""
WITHIN = 2
"""Filed under one patient."""
SETTLED = 3
"""Decided on, or the two patients were called one by another pair."""
OPEN_RANKS = (LEAKS, ACROSS, WITHIN)

_AT_ONCE = 2000
"""Pairs whose ranks are written in one transaction: others wait for some milliseconds."""


def rank_pairs(session: Session, pairs: ColumnElement[bool]) -> None:
    """Write the ranks of some pairs anew, in the transaction that changed what they follow from.

    Args:
        session: the transaction; it must be one that writes.
        pairs: the condition on `Lookalike` that chooses them.
    """
    session.execute(
        update(Lookalike)
        .where(pairs)
        .values(rank=_rank())
        .execution_options(synchronize_session=False)
    )


def rank_pairs_of(session: Session, scans: Select[int]) -> None:
    """Write the ranks of all pairs of some scans anew.

    Args:
        session: the transaction; it must be one that writes.
        scans: the query that returns the scans' numbers.
    """
    # Two statements: each is answered from an index of its own.
    rank_pairs(session, Lookalike.scan_id.in_(scans))
    rank_pairs(session, Lookalike.other_id.in_(scans))


def follow_splits(store: Store) -> int:
    """Write down which open pairs leak into the test set since patients were split.

    The pairs are looked for while others go on writing. A process that is killed in between leaves
    pairs too far down the list; the next call moves them.

    Args:
        store: the workspace's store.

    Returns:
        How many pairs moved.
    """
    with store.reading() as session:
        moved = session.scalars(
            select(Lookalike.id).where(
                Lookalike.rank.in_((LEAKS, ACROSS)), Lookalike.rank != _rank()
            )
        ).all()
    for some in batches(moved, _AT_ONCE):
        with store.session() as session:
            rank_pairs(session, any_of(Lookalike.id, some))
    return len(moved)


def _rank() -> ColumnElement[int]:
    one, other = aliased(ScanRow), aliased(ScanRow)
    its, others = aliased(Patient), aliased(Patient)
    found = case(
        (Lookalike.decision_id > 0, SETTLED),
        (one.patient_id == other.patient_id, WITHIN),
        (its.group_id == others.group_id, SETTLED),
        (_tests(its) != _tests(others), LEAKS),
        else_=ACROSS,
    )
    return (
        select(found)
        .select_from(one)
        .join(its, its.id == one.patient_id)
        .join(other, other.id == Lookalike.other_id)
        .join(others, others.id == other.patient_id)
        .where(one.id == Lookalike.scan_id)
        .correlate(Lookalike)
        .scalar_subquery()
    )


def _tests(patient: type[Patient]) -> ColumnElement[bool]:
    return func.coalesce(patient.split, "") == TEST
