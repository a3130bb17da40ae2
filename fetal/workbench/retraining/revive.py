"""A run that failed or was cancelled goes on."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from fetal.jobs.claims.fenced_row import touched
from fetal.jobs.run_events import row_of
from fetal.store.audit import record
from fetal.store.states import RunState
from fetal.store.tables import Run
from fetal.training.events import TriedAgain


def revive(session: Session, run_id: int, who: str, slot: int) -> None:
    """Put a failed or cancelled run back in the queue; any other stays as it is.

    Args:
        session: the transaction.
        run_id: the run.
        who: the person who asks.
        slot: a free slot (`free_slot`).
    """
    revived = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.status.in_((RunState.FAILED, RunState.CANCELLED)))
        .values(
            status=RunState.QUEUED,
            slot=slot,
            reason=None,
            ended_at=None,
            heartbeat_at=None,
            cancel_asked=False,
            progress={},
        )
    )
    if touched(revived):
        record(session, who, "try again", run=run_id)
        session.add(row_of(run_id, TriedAgain(f"{who} had the run tried again.")))
