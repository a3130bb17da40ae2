"""Batch jobs that begin, that wait for a worker, and whose program is gone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fetal.jobs.batches.batch_lease import BatchLease
from fetal.jobs.heartbeats import clock, is_silent, worker_name
from fetal.jobs.recovery import let_others_write
from fetal.jobs.waiting_jobs import Rescoring, rescoring_slot
from fetal.store.batches.batch_tables import BatchJob
from fetal.store.database import Store
from fetal.store.states import BatchKind, RunState
from fetal.store.tables import ModelVersion, Promotion

GONE = (
    "The program that did this ended before it was done. What is done stays: try it again, and it "
    "goes on from there."
)


SLOT = "slot"
"""What a job's request calls its slot, which it takes again when it is tried again."""


REPLACED = "Another model was promoted meanwhile, so that this one need not predict them."


class BatchGoesOnError(RuntimeError):
    """The same work goes on already."""


def begin_batch(
    store: Store,
    kind: BatchKind,
    title: str,
    who: str,
    *,
    slot: str | None = None,
    request: dict[str, Any] | None = None,
    again: int | None = None,
    worker: str | None = None,
) -> BatchLease:
    """Write down that a batch job begins, in this program.

    Args:
        store: the database.
        kind: what it does.
        title: what people call it; names no file, since a name may identify a patient.
        who: the person who began it.
        slot: what there may be one of at a time. A job of this slot that waits, or whose program
            is gone, is taken up.
        request: what more is asked for.
        again: a job that ended and is now gone on with, rather than a new one, unless one of
            the slot is there.
        worker: the name of this program; if None, one is made.

    Returns:
        The right to do it; use it with `at_work`.

    Raises:
        BatchGoesOnError: a living program does the same.
    """
    with store.session() as session:
        moment = clock(session)
        row = _taken_up(session, slot, again)
        if row is not None and _lives(row, moment):
            raise BatchGoesOnError(
                f"This goes on already, as job {row.id}. Wait for its end, or cancel it "
                f"(`fetal batches cancel {row.id}`)."
            )
        if row is None:
            row = BatchJob(kind=kind, title=title[:200], who=who[:80], attempts=0)
            row.request = (request or {}) | ({SLOT: slot} if slot else {})
            session.add(row)
        _take(row, moment, worker or worker_name(), slot)
        session.flush()
        return BatchLease(store, row.id, row.attempts)


def queue_batch(
    session: Session, kind: BatchKind, title: str, who: str, slot: str
) -> tuple[BatchJob, bool]:
    """Write down that a batch job is to be done by a worker, unless the same goes on already.

    Args:
        session: the transaction; it must be one that writes.
        kind: what it does.
        title: what people call it; names no file, since a name may identify a patient.
        who: the person who asks for it.
        slot: what there may be one of at a time.

    Returns:
        The job, and whether it is new.
    """
    holder = session.scalar(select(BatchJob).where(BatchJob.slot == slot))
    if holder is not None:
        return holder, False
    row = BatchJob(kind=kind, title=title[:200], who=who[:80], status=RunState.QUEUED, slot=slot)
    row.request = {SLOT: slot}
    session.add(row)
    session.flush()
    return row, True


def rescoring_title(session: Session, model_id: int) -> str:
    """Return what people call the predictions that follow a promotion of a version."""
    name = session.get_one(ModelVersion, model_id).name
    return f"Predict the scans without a label with “{name}”"


def claim_batch(
    store: Store, worker: str, can_do: Callable[[int, BatchKind], bool]
) -> tuple[BatchLease, BatchKind] | None:
    """Take the batch job that waits for longest, of those that this worker can do.

    Args:
        store: the database.
        worker: this worker's name.
        can_do: whether it can do a job, by its number and kind.

    Returns:
        The right to do it, and what it is; None if none waits.
    """

    def first(session: Session) -> BatchJob | None:
        query = select(BatchJob).where(BatchJob.status == RunState.QUEUED).order_by(BatchJob.id)
        rows = session.scalars(query)
        return next((row for row in rows if can_do(row.id, BatchKind(row.kind))), None)

    with store.reading() as session:
        if first(session) is None:
            return None
    with store.session() as session:
        row = first(session)
        if row is None:
            return None
        _take(row, clock(session), worker, row.slot)
        return BatchLease(store, row.id, row.attempts), BatchKind(row.kind)


def recover_batches(store: Store) -> None:
    """End the batch jobs whose program is gone, so that nothing stays “running”.

    Cheap, and may be done by anybody at any time. A rescoring waits for the next worker, which
    takes it up by itself; all else is tried again by a person.

    Args:
        store: the database.
    """
    running = select(BatchJob).where(BatchJob.status == RunState.RUNNING)
    with store.reading() as session:
        moment = clock(session)
        lost = [row for row in session.scalars(running) if not _lives(row, moment)]
    if lost:
        let_others_write(store)
    for row in lost:
        values: dict[str, Any] = {"status": RunState.FAILED, "reason": GONE, "slot": None}
        if row.cancel_asked:
            values |= {"status": RunState.CANCELLED, "reason": None}
        elif row.kind == BatchKind.RESCORING:
            values = {"status": RunState.QUEUED}
        with store.session() as session:
            if values["status"] != RunState.QUEUED:
                values["ended_at"] = clock(session)
            session.execute(
                update(BatchJob)
                .where(
                    BatchJob.id == row.id,
                    BatchJob.status == RunState.RUNNING,
                    BatchJob.attempts == row.attempts,
                    BatchJob.heartbeat_at == row.heartbeat_at,
                )
                .values(**values)
            )


def begin_rescoring(store: Store, rescoring: Rescoring, worker: str) -> BatchLease:
    """Begin what follows a promotion, or take it up; what follows an older one is over then.

    Args:
        store: the database.
        rescoring: what this worker has claimed.
        worker: this worker's name.

    Raises:
        BatchGoesOnError: another living worker does it.
    """
    slot = rescoring_slot(rescoring.promotion_id)
    with store.session() as session:
        older = update(BatchJob).where(
            BatchJob.kind == BatchKind.RESCORING,
            BatchJob.status.in_((RunState.QUEUED, RunState.RUNNING)),
            BatchJob.slot != slot,
        )
        ended = {"status": RunState.CANCELLED, "reason": REPLACED, "slot": None}
        session.execute(older.values(**ended, ended_at=clock(session)))
        who = session.get_one(Promotion, rescoring.promotion_id).who
        title = rescoring_title(session, rescoring.model_id)
    kind = BatchKind.RESCORING
    return begin_batch(store, kind, title, who, slot=slot, worker=worker)


def _taken_up(session: Session, slot: str | None, again: int | None) -> BatchJob | None:
    if slot is not None:
        holder = session.scalar(select(BatchJob).where(BatchJob.slot == slot))
        if holder is not None:
            return holder
    return None if again is None else session.get(BatchJob, again)


def _lives(row: BatchJob, moment: datetime) -> bool:
    silent = is_silent(moment, row.heartbeat_at)
    return row.status == RunState.RUNNING and not silent


def _take(row: BatchJob, moment: datetime, worker: str, slot: str | None) -> None:
    row.status, row.worker, row.slot = RunState.RUNNING, worker, slot
    row.attempts += 1
    row.heartbeat_at = moment
    row.started_at = row.started_at or moment
    row.ended_at = row.reason = None
    row.cancel_asked = False
