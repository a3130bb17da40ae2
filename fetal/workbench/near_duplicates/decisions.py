"""What people decide of scans that look alike: rows that are only added."""

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from fetal.store.tables import Lookalike, LookalikeDecision, ScanRow
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.near_duplicates.groups import (
    COPY,
    DIFFERENT,
    OPEN,
    TOGETHER,
    Pair,
    regroup,
    standing_of,
)
from fetal.workbench.near_duplicates.pair_lists import (
    LookalikePair,
    count_pairs,
    list_pairs,
    show,
    undecided,
)
from fetal.workbench.near_duplicates.ranks import rank_pairs

__all__ = [
    "COPY",
    "DIFFERENT",
    "TOGETHER",
    "LookalikePair",
    "PairError",
    "count_pairs",
    "decide",
    "list_pairs",
    "show",
    "take_back",
    "undecided",
]


class PairError(ValueError):
    """This cannot be decided of these two scans."""


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
        NotPermittedError: the person may not decide on look-alikes.
    """
    who = workbench.permit(Permission.PAIR, who)
    one, other = max(pair), min(pair)
    with workbench.store.session() as session:
        _check(session, (one, other), decision, left_out)
        if only_if_open and (stands := standing_of(session, (one, other))) is not None:
            raise PairError(f"{stands.who} decided on these two a moment ago; look at them again.")
        _write(
            session,
            LookalikeDecision(
                scan_id=one, other_id=other, decision=decision, left_out_id=left_out, who=who
            ),
        )


def take_back(workbench: Workbench, pair: Pair, who: str) -> None:
    """Take one's own decision on a pair back: nobody has decided, and what it did ends.

    Args:
        workbench: the workbench.
        pair: the two scans' numbers, in any order.
        who: the person.

    Raises:
        PairError: there is no such pair, or nothing was decided, or another person decided.
        NotPermittedError: the person may not decide on look-alikes.
    """
    who = workbench.permit(Permission.PAIR, who)
    one, other = max(pair), min(pair)
    with workbench.store.session() as session:
        decision = standing_of(session, (one, other))
        if decision is None:
            raise PairError("Nothing stands on these two scans; reload the page.")
        if decision.who != who:
            raise PairError(f"Only {decision.who} can take this back. Decide otherwise instead.")
        _write(session, LookalikeDecision(scan_id=one, other_id=other, decision=OPEN, who=who))


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
    if decision == TOGETHER and len(_patients(session, pair)) == 1:
        raise PairError("Both scans are filed under one patient already.")


def _write(session: Session, decision: LookalikeDecision) -> None:
    """Add a decision, and write what follows from it."""
    pair = Lookalike.scan_id == decision.scan_id, Lookalike.other_id == decision.other_id
    before = standing_of(session, (decision.scan_id, decision.other_id))
    session.add(decision)
    session.flush()
    stands = 0 if decision.decision == OPEN else decision.id
    session.execute(update(Lookalike).where(*pair).values(decision_id=stands))
    rank_pairs(session, and_(*pair))
    if TOGETHER in (decision.decision, before.decision if before else None):
        regroup(session, _patients(session, (decision.scan_id, decision.other_id)))


def _patients(session: Session, pair: Pair) -> set[str]:
    return set(session.scalars(select(ScanRow.patient_id).where(ScanRow.id.in_(pair))))
