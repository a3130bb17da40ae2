"""Scans that look alike, as people see them, and what they decide: rows that are only added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.splits import STRICT, TEST
from fetal.store.any_of import any_of
from fetal.store.tables import Lookalike, LookalikeDecision, Patient, ScanRow
from fetal.workbench.catalogue.query import ScanFilter
from fetal.workbench.catalogue.scans import ScanView, scans
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.near_duplicates.groups import (
    COPY,
    DIFFERENT,
    OPEN,
    TOGETHER,
    Pair,
    groups,
    standing,
)

__all__ = [
    "COPY",
    "DIFFERENT",
    "TOGETHER",
    "LookalikePair",
    "PairError",
    "decide",
    "list_pairs",
    "show",
    "take_back",
    "undecided",
]


class PairError(ValueError):
    """This cannot be decided of these two scans."""


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


def list_pairs(workbench: Workbench) -> list[LookalikePair]:
    """List all scans that look alike.

    Args:
        workbench: the workbench.

    Returns:
        First what is to be decided: what would leak into the locked test set, then what lies
        across patients, then the most similar. What is settled follows, the newest first.
    """
    with workbench.store.reading() as session:
        decided, together = standing(session), groups(session)
        rows = session.scalars(select(Lookalike)).all()
        numbers = {number for row in rows for number in (row.scan_id, row.other_id)}
        people = _people(session, sorted(numbers))
    pairs = []
    for row in rows:
        both = people[row.scan_id], people[row.other_id]
        patients = both[0][0], both[1][0]
        stands = decided.get((row.scan_id, row.other_id))
        pairs.append(
            LookalikePair(
                scan_id=row.scan_id,
                other_id=row.other_id,
                patients=patients,
                splits=(both[0][1], both[1][1]),
                distance=row.distance,
                similarity=row.similarity,
                decision=stands.decision if stands else None,
                left_out=stands.left_out if stands else None,
                who=stands.who if stands else None,
                at=stands.at if stands else None,
                one_group=patients[0] in together
                and together[patients[0]] == together.get(patients[1]),
            )
        )
    pairs.sort(key=lambda pair: (not pair.leaks, not pair.across, -pair.similarity, pair.scan_id))
    later = [pair for pair in pairs if pair.settled]
    later.sort(key=lambda pair: pair.at.timestamp() if pair.at else 0.0, reverse=True)
    return [pair for pair in pairs if not pair.settled] + later


def undecided(workbench: Workbench) -> int:
    """Count the pairs across patients that wait for a decision."""
    return sum(not pair.settled and pair.across for pair in list_pairs(workbench))


def show(workbench: Workbench, pairs: Sequence[LookalikePair]) -> dict[int, ScanView]:
    """Give the scans of some pairs.

    Args:
        workbench: the workbench.
        pairs: the pairs, a screenful.

    Returns:
        The scans by their number.
    """
    numbers = {number for pair in pairs for number in (pair.scan_id, pair.other_id)}
    return {view.id: view for view in scans(workbench, ScanFilter(ids=tuple(sorted(numbers))))}


def decide(
    workbench: Workbench,
    pair: Pair,
    decision: str,
    who: str,
    left_out: int | None = None,
    *,
    only_if_open: bool = False,
) -> None:
    """Write down what a person says of two scans that look alike.

    Args:
        workbench: the workbench.
        pair: the two scans' numbers, in any order.
        decision: `COPY`: one picture twice, of which one is left out; `TOGETHER`: two codes of
            one patient, whose scans stay in one split from now on; `DIFFERENT`: leave both.
        who: the person.
        left_out: of a copy, which of the two is left out.
        only_if_open: refuse if a decision stands already, which the person has not seen.

    Raises:
        PairError: the two are no such pair, or are of one patient already, or the scan to be
            left out is none of them, or somebody has decided meanwhile.
    """
    one, other = max(pair), min(pair)
    with workbench.store.session() as session:
        _check(session, (one, other), decision, left_out)
        if only_if_open and (stands := standing(session).get((one, other))) is not None:
            raise PairError(f"{stands.who} decided on these two a moment ago; look at them again.")
        session.add(
            LookalikeDecision(
                scan_id=one, other_id=other, decision=decision, left_out_id=left_out, who=who
            )
        )


def take_back(workbench: Workbench, pair: Pair, who: str) -> None:
    """Take one's own decision on a pair back: nobody has decided, and what it did ends.

    Args:
        workbench: the workbench.
        pair: the two scans' numbers, in any order.
        who: the person.

    Raises:
        PairError: there is no such pair, or nothing was decided, or another person decided.
    """
    one, other = max(pair), min(pair)
    with workbench.store.session() as session:
        decision = standing(session).get((one, other))
        if decision is None:
            raise PairError("Nothing stands on these two scans; reload the page.")
        if decision.who != who:
            raise PairError(f"Only {decision.who} can take this back. Decide otherwise instead.")
        session.add(LookalikeDecision(scan_id=one, other_id=other, decision=OPEN, who=who))


def _check(session: Session, pair: Pair, decision: str, left_out: int | None) -> None:
    known = select(Lookalike.id).where(Lookalike.scan_id == pair[0], Lookalike.other_id == pair[1])
    if session.scalar(known) is None:
        raise PairError("Expected two scans that look alike; reload the page to see those there.")
    if decision not in (COPY, TOGETHER, DIFFERENT):
        raise PairError(
            f"Expected the decision “copy”, “together” or “different”; received “{decision}”."
        )
    if (left_out in pair) != (decision == COPY):
        raise PairError("Expected one of the two scans to leave out, and only of a copy.")
    patients = {patient for patient, _ in _people(session, pair).values()}
    if decision == TOGETHER and len(patients) == 1:
        raise PairError("Both scans are filed under one patient already.")


def _people(session: Session, numbers: Sequence[int]) -> dict[int, tuple[str, str | None]]:
    rows = session.execute(
        select(ScanRow.id, ScanRow.patient_id, Patient.split)
        .join(Patient, Patient.id == ScanRow.patient_id)
        .where(any_of(ScanRow.id, numbers))
    )
    return {row.id: (row.patient_id, row.split) for row in rows}
