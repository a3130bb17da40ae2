"""The right to do one batch job: its row says how far it is, for as long as its program lives.

As with trainings, every write is fenced by the attempt (`fetal.jobs.claims.fenced_row`).
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from fetal.jobs.batches.batch_progress import BatchProgress, Pace
from fetal.jobs.claims.fenced_row import write_fenced
from fetal.jobs.heartbeats import clock
from fetal.progress import OnProgress, Progress
from fetal.store.batches.batch_tables import BatchJob, BatchRefusal
from fetal.store.bulk import any_of
from fetal.store.database import Store
from fetal.store.failures import sentence_for
from fetal.store.states import RunState
from fetal.store.tables import ScanRow

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
"""How often the row is written, which is also the sign of life."""

AGAIN_SECONDS = 0.5
"""How long after an end that could not be written it is tried again."""

MOST_REFUSALS = 1000
"""How many files or scans are named that were set aside; of more, only the count is kept."""

STOPPED = "It was stopped where it was started; what is done stays."
FAILED = "It failed; the program’s log says why. What is done stays."

_LONGEST_SENTENCE = 500


class BatchLostError(RuntimeError):
    """The batch job is over, or another program's by now: nothing more is to be written."""


@dataclass
class BatchLease:
    """The right to do one batch job, for one attempt; kept alive by `at_work`.

    Attributes:
        store: the database.
        batch_id: the job.
        attempt: the fencing token, unique to this claim.
        cancelled: set when a person asked to cancel.
        lost: set when the job is over, or another program's.
    """

    store: Store
    batch_id: int
    attempt: int
    cancelled: threading.Event = field(default_factory=threading.Event)
    lost: threading.Event = field(default_factory=threading.Event)
    _progress: BatchProgress | None = None
    _pace: Pace = field(default_factory=Pace)
    _refused: list[dict[str, Any]] = field(default_factory=list)
    _count: int = 0
    _ending: tuple[RunState, str | None] | None = None
    _changing: threading.Lock = field(default_factory=threading.Lock)

    def stop(self) -> bool:
        """Return whether the work is to end: it was cancelled, or is another program's."""
        return self.cancelled.is_set() or self.lost.is_set()

    def report(self, progress: BatchProgress) -> None:
        """Keep how far the work is, to be written at the next sign of life; does not wait."""
        with self._changing:
            self._progress = self._pace.measured(progress)

    def on_progress(self, progress: Progress) -> None:
        """Do the same with plain progress, as `fetal.progress.OnProgress` is called."""
        self.report(BatchProgress(progress.done, progress.total, refused=self._count))

    def beside(self, on_progress: OnProgress) -> OnProgress:
        """Return a function that keeps how far the work is, and calls another one with it.

        Args:
            on_progress: the other one.
        """

        def told(progress: Progress) -> None:
            self.on_progress(progress)
            on_progress(progress)

        return told

    def set_aside(self, place: int, sentence: str, scan_id: int | None = None) -> None:
        """Keep that a file or a scan could not be read or predicted.

        Args:
            place: of a file, which one of the archive, counted from 1; of a scan, its number.
            sentence: why; it names no file.
            scan_id: the stored scan.
        """
        with self._changing:
            self._count += 1
            if self._count <= MOST_REFUSALS:
                said = sentence[:_LONGEST_SENTENCE]
                self._refused.append({"place": place, "scan_id": scan_id, "sentence": said})

    def end_as(self, state: RunState, reason: str | None = None) -> None:
        """Say how the job ends, where it ends neither done nor by an error.

        Args:
            state: cancelled, failed, or queued for whoever takes it up next.
            reason: one sentence for a person.
        """
        self._ending = state, reason

    def write(self) -> None:
        """Write what is kept, and look for a wish to cancel.

        Raises:
            BatchLostError: the job is no longer this program's; nothing was written.
        """
        self._write({})
        with self.store.reading() as session:
            asked = session.scalar(
                select(BatchJob.cancel_asked).where(BatchJob.id == self.batch_id)
            )
        if asked:
            self.cancelled.set()

    def finish(self, state: RunState, reason: str | None = None) -> None:
        """End the job.

        Args:
            state: done, failed or cancelled; or queued, to be taken up by another program.
            reason: one sentence for a person, if it did not end well.

        Raises:
            BatchLostError: the job is no longer this program's.
        """
        values: dict[str, Any] = {"status": state, "reason": reason and reason[:2000]}
        self._write(values, over=state is not RunState.QUEUED)

    def _write(self, values: dict[str, Any], *, over: bool = False) -> None:
        with self._changing:
            progress, refused = self._progress, list(self._refused)
        said = {} if progress is None else {"progress": progress.to_json()}
        with self.store.session() as session:
            moment = clock(session)
            ends = {"slot": None, "ended_at": moment} if over else {}
            changes = {"heartbeat_at": moment, **said, **values, **ends}
            if not write_fenced(session, BatchJob, self.batch_id, self.attempt, changes):
                self.lost.set()
                raise BatchLostError(f"Batch job {self.batch_id} is no longer this program's.")
            _keep_refused(session, self.batch_id, refused)
        with self._changing:
            del self._refused[: len(refused)]


@contextmanager
def at_work(lease: BatchLease) -> Iterator[BatchLease]:
    """Keep a batch job alive until the block is left, and write how it ended.

    Args:
        lease: the right to do it.

    Yields:
        The lease. Left without an error, the job is done, or cancelled where somebody asked for
        it, or what `BatchLease.end_as` said; by an error, it failed with that error's sentence.
    """
    over = threading.Event()
    thread = threading.Thread(target=_keep_alive, args=(lease, over), name="batch", daemon=True)
    thread.start()
    try:
        yield lease
    except BaseException as error:
        over.set()
        thread.join()
        stopped = isinstance(error, KeyboardInterrupt)
        state = RunState.CANCELLED if stopped else RunState.FAILED
        reason = STOPPED if stopped else sentence_for(error) or FAILED
        with suppress(SQLAlchemyError):
            _end(lease, state, reason)
        raise
    over.set()
    thread.join()
    usual = (RunState.CANCELLED if lease.cancelled.is_set() else RunState.DONE), None
    _end(lease, *(lease._ending or usual))


def _end(lease: BatchLease, state: RunState, reason: str | None) -> None:
    """Write how a job ended; where the disk is full or the database away, also later.

    Otherwise a job that is over would be taken for one whose program was killed.
    """

    def later() -> None:
        while not lease.lost.wait(AGAIN_SECONDS):
            with suppress(SQLAlchemyError, BatchLostError):
                lease.finish(state, reason)
                return

    try:
        with suppress(BatchLostError):
            lease.finish(state, reason)
    except SQLAlchemyError:
        threading.Thread(target=later, name="batch", daemon=True).start()
        raise


def _keep_alive(lease: BatchLease, over: threading.Event) -> None:
    while not over.wait(HEARTBEAT_SECONDS):
        try:
            lease.write()
        except BatchLostError:
            return
        except SQLAlchemyError:
            logger.warning("Batch job %d: the database is locked or away.", lease.batch_id)


def _keep_refused(session: Session, batch_id: int, refused: list[dict[str, Any]]) -> None:
    numbers = [row["scan_id"] for row in refused if row["scan_id"] is not None]
    # One may have been erased meanwhile.
    there = set(session.scalars(select(ScanRow.id).where(any_of(ScanRow.id, numbers))))
    for row in refused:
        if row["scan_id"] is None or row["scan_id"] in there:
            session.merge(BatchRefusal(batch_id=batch_id, **row))
