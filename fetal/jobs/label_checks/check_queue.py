"""Label checks that wait for a worker, and the right to work on one.

As with trainings, the row is the queue, and every write is fenced by the attempt
(`fetal.jobs.claims.fenced_row`). What was computed of single scans is kept, so that the next
attempt goes on from there.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from fetal.jobs.claims.fenced_row import write_fenced
from fetal.jobs.heartbeats import clock, is_silent
from fetal.progress import OnProgress, Progress, no_progress
from fetal.store.bulk import batches
from fetal.store.database import Store
from fetal.store.labelling.labelling_tables import LabelCheck, ListedScan
from fetal.store.states import CheckKind, RunState
from fetal.store.tables import ScanRow

SILENT_SECONDS = 120.0
"""A worker that has said nothing of a check for so long is gone. No step takes longer."""

MOST_ATTEMPTS = 5

GIVEN_UP = (
    "The worker stopped again and again during this check, so it was ended. Make sure that the "
    "computer stays on and has memory to spare, then start it again."
)

_EVERY_SECONDS = 1.0
"""How often, at most, progress is written."""

_AT_ONCE = 2_000


class CheckOverError(RuntimeError):
    """The check is to end: a person cancelled it, or it is another worker's by now."""


@dataclass
class CheckLease:
    """The right to work on one check, for one attempt.

    Attributes:
        store: the database.
        check_id: the check.
        kind: what it looks for.
        attempt: the fencing token, unique to this claim.
        besides: called with the progress as well.
    """

    store: Store
    check_id: int
    kind: CheckKind
    attempt: int
    besides: OnProgress = no_progress
    _written: float = field(default=0.0)

    def report(self, progress: Progress) -> None:
        """Write how far the check is, at most once a second, which is also its sign of life.

        Raises:
            CheckOverError: it is to end.
        """
        self.besides(progress)
        if time.monotonic() - self._written < _EVERY_SECONDS:
            return
        self._written = time.monotonic()
        said = {"done": progress.done, "total": progress.total, "what": progress.what}
        with self.store.session() as session:
            self._change(session, progress=said, heartbeat_at=clock(session))
            if session.get_one(LabelCheck, self.check_id, populate_existing=True).cancel_asked:
                raise CheckOverError(f"Check {self.check_id} was cancelled.")

    def finish(
        self,
        state: RunState,
        reason: str | None = None,
        result: dict[str, Any] | None = None,
        listed: Sequence[dict[str, Any]] = (),
    ) -> None:
        """End the check, and keep what it found.

        Args:
            state: done, failed or cancelled.
            reason: one sentence for a person, if it did not end well.
            result: figures of the whole.
            listed: values of `ListedScan`, but for `check_id` and `place`, in their order. Scans
                that were erased meanwhile are left out.

        Raises:
            CheckOverError: the check is another worker's by now; nothing is kept.
        """
        with self.store.session() as session:
            self._change(
                session,
                status=state,
                slot=None,
                reason=reason and reason[:2000],
                result=result or {},
                ended_at=clock(session),
            )
            there = _still_there(session, [row["scan_id"] for row in listed])
            kept = [row for row in listed if row["scan_id"] in there]
            rows = [
                {**row, "check_id": self.check_id, "place": place} for place, row in enumerate(kept)
            ]
            for some in batches(rows, _AT_ONCE):
                session.execute(insert(ListedScan), list(some))

    def give_back(self) -> None:
        """Put the check back into the queue, as this worker is to stop."""
        with self.store.session() as session:
            self._change(session, status=RunState.QUEUED, heartbeat_at=None)

    def _change(self, session: Session, **values: Any) -> None:
        if not write_fenced(session, LabelCheck, self.check_id, self.attempt, values):
            raise CheckOverError(f"Check {self.check_id} is another worker's, or over.")


def claim_check(store: Store, worker: str, check_id: int | None = None) -> CheckLease | None:
    """Take the check that waits for longest, or one whose worker is gone.

    Args:
        store: the database.
        worker: this worker's name.
        check_id: take this one only; if None, whichever waits.

    Returns:
        The right to work on it; None if none waits. One that was lost again and again is ended.
    """
    with store.reading() as session:
        if _waiting(session, check_id) is None:
            return None
    with store.session() as session:
        row = _waiting(session, check_id)
        if row is None:
            return None
        if row.cancel_asked or row.attempts >= MOST_ATTEMPTS:
            row.status = RunState.CANCELLED if row.cancel_asked else RunState.FAILED
            row.reason = None if row.cancel_asked else GIVEN_UP
            row.slot, row.ended_at = None, clock(session)
            return None
        row.status, row.worker = RunState.RUNNING, worker
        row.attempts += 1
        row.heartbeat_at = clock(session)
        row.started_at = row.started_at or row.heartbeat_at
        return CheckLease(store, row.id, CheckKind(row.kind), row.attempts)


def _waiting(session: Session, check_id: int | None) -> LabelCheck | None:
    moment = clock(session)
    active = select(LabelCheck).where(LabelCheck.slot.is_not(None)).order_by(LabelCheck.id)
    if check_id is not None:
        active = active.where(LabelCheck.id == check_id)
    return next((row for row in session.scalars(active) if _is_free(row, moment)), None)


def _is_free(row: LabelCheck, moment: datetime) -> bool:
    return row.status == RunState.QUEUED or is_silent(moment, row.heartbeat_at, SILENT_SECONDS)


def _still_there(session: Session, numbers: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for some in batches(numbers, _AT_ONCE):
        found.update(session.scalars(select(ScanRow.id).where(ScanRow.id.in_(some))))
    return found


def stopping(stop: Callable[[], bool], report: OnProgress) -> OnProgress:
    """Return a function that reports progress, and raises once the worker is to stop.

    Args:
        stop: whether the worker is to stop.
        report: takes the progress.

    Raises:
        WorkerEndsError: (the returned function) the worker is to stop.
    """

    def told(progress: Progress) -> None:
        if stop():
            raise WorkerEndsError
        report(progress)

    return told


class WorkerEndsError(RuntimeError):
    """The worker was asked to stop; the check goes on elsewhere or later."""
