"""What happens to runs whose worker is gone.

It is cheap and may be done by anybody at any time: workers do it now and then, and the app does
it whenever somebody looks at a run, so that with no worker alive nothing stays “running”.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import time

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fetal.jobs.claims.fenced_row import touched
from fetal.jobs.heartbeats import clock, is_silent
from fetal.jobs.run_events import count_since_again, row_of
from fetal.store.database import Store
from fetal.store.states import RunState
from fetal.store.tables import Run
from fetal.training.events import WorkerLost

MOST_LOSSES = 3
GRACE_SECONDS = 0.5
"""How long a worker that waits for a locked database has to show that it lives."""

LOST_TEXT = "The worker stopped; the run goes on from its last epoch as soon as one is there."
GIVEN_UP = (
    "The worker stopped three times during this run, so it was ended. "
    "Make sure that the computer stays on and has memory to spare, then press “Try again”."
)


def recover(store: Store) -> None:
    """Put lost runs back in the queue, and end those that were lost too often.

    Args:
        store: the database.
    """
    with store.reading() as session:
        active = session.execute(
            select(Run.id, Run.status, Run.attempts, Run.heartbeat_at, Run.cancel_asked).where(
                Run.slot.is_not(None)
            )
        ).all()
        if not active:
            return
        moment = clock(session)
    lost = [
        run
        for run in active
        if run.status == RunState.RUNNING and is_silent(moment, run.heartbeat_at)
    ]
    if lost:
        let_others_write(store)
    for run in lost:
        with store.session() as session:
            _take_away(session, run.id, run.attempts, run.heartbeat_at)
    for run in active:
        if run.status == RunState.QUEUED and run.cancel_asked:
            with store.session() as session:
                _cancel(session, run.id)


def let_others_write(store: Store) -> None:
    """Wait until nobody keeps the database locked, and a moment more.

    Where it was locked for long, the worker lives and could not say so: it comes first.

    Args:
        store: the database.
    """
    with store.session() as session:
        session.connection()
    time.sleep(GRACE_SECONDS)


def _cancel(session: Session, run_id: int) -> None:
    session.execute(
        update(Run)
        .where(Run.id == run_id, Run.status == RunState.QUEUED)
        .values(status=RunState.CANCELLED, slot=None, ended_at=clock(session))
    )


def _take_away(session: Session, run_id: int, attempt: int, heartbeat: object) -> None:
    losses = count_since_again(session, run_id, WorkerLost) + 1
    run = session.get_one(Run, run_id)
    state, reason = RunState.QUEUED, None
    if run.cancel_asked:
        state = RunState.CANCELLED
    elif losses >= MOST_LOSSES:
        state, reason = RunState.FAILED, GIVEN_UP
    ended = {} if state.is_active else {"slot": None, "ended_at": clock(session)}
    changed = session.execute(
        update(Run)
        .where(
            Run.id == run_id,
            Run.status == RunState.RUNNING,
            Run.attempts == attempt,
            Run.heartbeat_at.is_(None) if heartbeat is None else Run.heartbeat_at == heartbeat,
        )
        .values(status=state, reason=reason, **ended)
        .execution_options(synchronize_session=False)
    )
    if touched(changed):
        session.add(row_of(run_id, WorkerLost(reason or LOST_TEXT)))
