"""Which jobs wait for a worker: queued runs, and scans that a newly promoted model has to predict.

The rows of the database are the queue; nothing else says what is to be done. A worker asks for
them twice a second, which takes two reads by index and waits for no writer. Libraries for job
queues were weighed: docs/contributor.md, “What is ours and why”.
"""

from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, aliased

from fetal.jobs.heartbeats import workers
from fetal.store.batches.batch_tables import BatchJob
from fetal.store.database import Store
from fetal.store.states import BatchKind, RunState
from fetal.store.tables import Fact, Promotion, Run

RESCORED = "rescored"
"""The fact that names the newest promotion whose model has predicted the unlabelled scans."""

RESCORING = "rescoring"
"""The fact that names the promotion whose model is predicting them, and the worker that does it."""


@dataclass(frozen=True)
class Rescoring:
    """A promotion after which the unlabelled scans are to be predicted anew.

    Attributes:
        promotion_id: the promotion.
        model_id: the version that predicts since then.
    """

    promotion_id: int
    model_id: int


def rescoring_slot(promotion_id: int) -> str:
    """Return the slot of the batch job that follows a promotion."""
    return f"{BatchKind.RESCORING} {promotion_id}"


def queued_run(store: Store) -> int | None:
    """Find a run that waits for a worker.

    Args:
        store: the database.

    Returns:
        The number of a run; None if none waits. What somebody moved up comes first; then that of
        a person for whom fewest trainings go on, and of those the one that waits for longest.
        Another worker may claim it first.
    """
    others = aliased(Run)
    going_on = (
        select(func.count(others.id))
        .where(others.status == RunState.RUNNING, others.who == Run.who)
        .scalar_subquery()
    )
    with store.reading() as session:
        return session.scalar(
            select(Run.id)
            .where(Run.status == RunState.QUEUED, Run.cancel_asked.is_(False))
            .order_by(Run.priority.desc(), going_on, Run.id)
            .limit(1)
        )


def claim_rescoring(store: Store, worker: str) -> Rescoring | None:
    """Take the predictions that are due since the newest promotion, so that no other worker does.

    Args:
        store: the database.
        worker: this worker's name.

    Returns:
        What to do; also what this worker claimed before and has not ended. None if nothing is
        due, or if another worker that is alive does it.
    """
    with store.reading() as session:
        if _due(session, worker) is None:
            return None
    with store.session() as session:
        due = _due(session, worker)
        if due is not None:
            session.merge(Fact(name=RESCORING, value=f"{due.promotion_id} {worker}"))
        return due


def is_newest(store: Store, rescoring: Rescoring) -> bool:
    """Return whether no other promotion came after the one that a rescoring belongs to."""
    with store.reading() as session:
        return _newest(session) == rescoring


def end_rescoring(store: Store, rescoring: Rescoring) -> None:
    """Write down that the scans have been predicted.

    Args:
        store: the database.
        rescoring: what was done.
    """
    with store.session() as session:
        note_rescored(session, rescoring.promotion_id)


def note_rescored(session: Session, promotion_id: int) -> None:
    """Write down that nothing more follows a promotion.

    Args:
        session: the transaction; it must be one that writes.
        promotion_id: the promotion.
    """
    if _rescored(session) < promotion_id:
        session.merge(Fact(name=RESCORED, value=str(promotion_id)))


def newest_rescoring(session: Session) -> Rescoring | None:
    """Return what follows the newest promotion by a person; None if there was none.

    Args:
        session: the transaction.
    """
    return _newest(session)


def rescore_again(session: Session) -> None:
    """Have the scans predicted once more that wait for the newest promotion's model.

    What the model has predicted stays; a worker takes up the rest.

    Args:
        session: the transaction; it must be one that writes.
    """
    session.execute(delete(Fact).where(Fact.name.in_((RESCORED, RESCORING))))


def _due(session: Session, worker: str) -> Rescoring | None:
    newest = _newest(session)
    if newest is None:
        return None
    if newest.promotion_id <= _rescored(session) and not _waits(session, newest):
        return None
    claim = session.get(Fact, RESCORING)
    if claim is not None:
        promotion_id, holder = claim.value.split(" ", 1)
        alive = {other.name for other in workers(session)} - {worker}
        if int(promotion_id) == newest.promotion_id and holder in alive:
            return None
    return newest


def _waits(session: Session, rescoring: Rescoring) -> bool:
    """Whether its batch job waits, such as that of a worker that was killed."""
    slot = rescoring_slot(rescoring.promotion_id)
    waiting = select(BatchJob.id).where(BatchJob.slot == slot, BatchJob.status == RunState.QUEUED)
    return session.scalar(waiting) is not None


def _newest(session: Session) -> Rescoring | None:
    """The newest promotion by a person; with its first model, a workspace has nothing to redo."""
    row = session.execute(
        select(Promotion.id, Promotion.model_id)
        .where(Promotion.kind != "shipped")
        .order_by(Promotion.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Rescoring(row.id, row.model_id)


def _rescored(session: Session) -> int:
    fact = session.get(Fact, RESCORED)
    return 0 if fact is None else int(fact.value)
