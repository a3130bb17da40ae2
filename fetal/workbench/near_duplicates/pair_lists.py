"""Scans that look alike, as people see them: lists and counts that are read from an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from fetal.splits import STRICT, TEST
from fetal.store.tables import Lookalike, LookalikeDecision, Patient, ScanRow
from fetal.workbench.catalogue.query import ScanFilter
from fetal.workbench.catalogue.scans import ScanView, scans
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.near_duplicates.ranks import ACROSS, LEAKS, OPEN_RANKS, SETTLED


@dataclass(frozen=True)
class LookalikePair:
    """Two stored scans that look alike.

    Attributes:
        scan_id: the one that came later.
        other_id: the one that came earlier.
        patients: their patients' pseudonyms, in that order.
        splits: where these patients are: `train`, `validation`, `test`, or none before the first
            training.
        distance: bits of 255 in which their fingerprints differ.
        similarity: correlation of their pixels at the best fit, up to 1.
        decision: `copy`, `together`, `different`; none while nobody has decided.
        left_out: of a copy, the scan that takes no part any more.
        who: who decided.
        at: when.
        one_group: whether a person called the two patients one, by this pair or another.
    """

    scan_id: int
    other_id: int
    patients: tuple[str, str]
    splits: tuple[str | None, str | None]
    distance: int
    similarity: float
    decision: str | None
    left_out: int | None
    who: str | None
    at: datetime | None
    one_group: bool

    @property
    def across(self) -> bool:
        """Whether the two are filed under different patients."""
        return self.patients[0] != self.patients[1]

    @property
    def settled(self) -> bool:
        """Whether nobody need decide: it is decided, or another pair made the patients one."""
        return self.decision is not None or self.one_group

    @property
    def leaks(self) -> bool:
        """Whether one of the two, and not the other, is kept apart for testing."""
        return self.across and (self.splits[0] == TEST) != (self.splits[1] == TEST)

    @property
    def held_back(self) -> int | None:
        """The scan that is not learnt from while nobody has decided; none where both may be."""
        one, other = self.splits
        if self.settled or one is None or other is None or one == other:
            return None
        return self.scan_id if STRICT[one] < STRICT[other] else self.other_id


def list_pairs(
    workbench: Workbench, *, settled: bool | None = None, skip: int = 0, most: int | None = None
) -> list[LookalikePair]:
    """List scans that look alike, read from an index.

    Args:
        workbench: the workbench.
        settled: true lists what needs no decision, false what is to be decided. If None, both.
        skip: how many to leave out at the start.
        most: how many to list at the most. If None, all.

    Returns:
        First what is to be decided: what would leak into the locked test set, then what lies
        across patients, then the most similar. What is settled follows, the newest first.
    """
    ranks = [rank for rank in (*OPEN_RANKS, SETTLED) if settled in (None, rank == SETTLED)]
    found: list[LookalikePair] = []
    with workbench.store.reading() as session:
        for rank in ranks:
            left = None if most is None else most - len(found)
            if left == 0:
                break
            rows = _read(session, rank, skip, left)
            if skip:
                skip = 0 if rows else skip - _count(session, rank)
            found += rows
    return found


def count_pairs(workbench: Workbench, *, settled: bool) -> int:
    """Count the pairs of scans that look alike.

    Args:
        workbench: the workbench.
        settled: true counts those that need no decision, false those to be decided.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        return _count(session, *((SETTLED,) if settled else OPEN_RANKS))


def undecided(workbench: Workbench) -> int:
    """Count the pairs across patients that wait for a decision."""
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        return _count(session, LEAKS, ACROSS)


def show(workbench: Workbench, pairs: Sequence[LookalikePair]) -> dict[int, ScanView]:
    """Return the scans of some pairs.

    Args:
        workbench: the workbench.
        pairs: the pairs, a screenful.

    Returns:
        The scans by their number.
    """
    numbers = {number for pair in pairs for number in (pair.scan_id, pair.other_id)}
    return {view.id: view for view in scans(workbench, ScanFilter(ids=tuple(sorted(numbers))))}


def _count(session: Session, *ranks: int) -> int:
    query = select(func.count()).select_from(Lookalike).where(Lookalike.rank.in_(ranks))
    return session.scalar(query) or 0


def _read(session: Session, rank: int, skip: int, most: int | None) -> list[LookalikePair]:
    """Read the pairs of one rank: the newest decision first, then the most similar."""
    # The index alone finds which pairs they are: only these are joined with what is shown of them.
    wanted = (
        select(Lookalike.id)
        .where(Lookalike.rank == rank)
        .order_by(Lookalike.decision_id.desc(), Lookalike.similarity.desc(), Lookalike.id.desc())
        .offset(skip)
        .limit(most)
    )
    one, other = aliased(ScanRow), aliased(ScanRow)
    its, others = aliased(Patient), aliased(Patient)
    rows = session.execute(
        select(Lookalike, LookalikeDecision, its, others)
        .join(one, one.id == Lookalike.scan_id)
        .join(its, its.id == one.patient_id)
        .join(other, other.id == Lookalike.other_id)
        .join(others, others.id == other.patient_id)
        .outerjoin(LookalikeDecision, LookalikeDecision.id == Lookalike.decision_id)
        .where(Lookalike.id.in_(wanted))
        .order_by(Lookalike.decision_id.desc(), Lookalike.similarity.desc(), Lookalike.id.desc())
    )
    return [_pair(*row) for row in rows]


def _pair(
    row: Lookalike, decision: LookalikeDecision | None, its: Patient, others: Patient
) -> LookalikePair:
    return LookalikePair(
        scan_id=row.scan_id,
        other_id=row.other_id,
        patients=(its.id, others.id),
        splits=(its.split, others.split),
        distance=row.distance,
        similarity=row.similarity,
        decision=decision.decision if decision else None,
        left_out=decision.left_out_id if decision else None,
        who=decision.who if decision else None,
        at=decision.at if decision else None,
        one_group=its.id != others.id
        and its.group_id is not None
        and its.group_id == others.group_id,
    )
