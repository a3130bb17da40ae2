"""A run from the moment a worker takes it until its model is compared, or its end is explained."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from fetal.jobs.attempt import (
    CancelledError,
    TrainingFailedError,
    TrainingKilledError,
    WorkerStoppingError,
    check,
    forget_folder,
    train_once,
    write_job,
)
from fetal.jobs.batch_prediction import left_out_text, score
from fetal.jobs.database_retry import Result, is_passing, patiently
from fetal.jobs.device import describe_device
from fetal.jobs.lease import Lease, LeaseLostError, claim
from fetal.jobs.notices.webhook import tell_ended
from fetal.jobs.register_model import register, version_of
from fetal.jobs.run_events import count_since_again
from fetal.jobs.run_progress import RunProgress
from fetal.jobs.training_process import TRAINING
from fetal.predict import load_model
from fetal.progress import OnProgress, Progress
from fetal.store.contents import HELD_OUT, snapshot_entries
from fetal.store.database import Store
from fetal.store.states import RunState
from fetal.store.tables import ModelVersion, Run
from fetal.training.events import LogLine, StageBegun, TrainingKilled

logger = logging.getLogger(__name__)

COMPARING = "Comparing on the locked test set"

KILLED_TEXT = "The computer ended the training; it goes on from its last epoch."


NO_DATABASE = (
    "The run could not be written into the workspace’s database. Ask whoever looks after this "
    "server, then press “Try again”."
)

TOO_LATE = "The model was already finished when the run was cancelled, so it is kept."


@dataclass(frozen=True)
class Supervisor:
    """Does one worker's share of the runs.

    Attributes:
        store: the database and the files.
        worker: this worker's name.
        stopping: set when the worker is to stop; a run in hand goes back to the queue.
        command: the training program.
    """

    store: Store
    worker: str
    stopping: threading.Event = field(default_factory=threading.Event)
    command: Sequence[str] = TRAINING

    def supervise(self, run_id: int) -> None:
        """Take a run to its end, unless another worker has it or it has ended.

        Args:
            run_id: a run that was queued; another worker may have it by now.
        """
        lease = self._claim(run_id)
        if lease is None:
            return
        with lease.keep():
            try:
                self._finish(lease, *self._outcome(lease))
            except WorkerStoppingError:
                self._give_back(lease)
            except LeaseLostError:
                logger.warning("Run %d was taken over by another worker.", run_id)

    def _claim(self, run_id: int) -> Lease | None:
        try:
            return claim(self.store, run_id, self.worker, describe_device())
        except Exception as error:
            if not is_passing(error):
                raise
            logger.warning("Run %d: the database is locked or away; it is tried again.", run_id)
            return None

    def _outcome(self, lease: Lease) -> tuple[RunState, str | None, str]:
        """Work, and return how it ended: state, reason and the program's last words."""
        try:
            self._work(lease)
        except CancelledError:
            return RunState.CANCELLED, None, ""
        except TrainingFailedError as failure:
            return RunState.FAILED, str(failure), failure.tail
        except (WorkerStoppingError, LeaseLostError):
            raise
        except SQLAlchemyError:
            # Its text is SQL with its values, which is for the server's log only.
            logger.exception("Run %d failed.", lease.run_id)
            return RunState.FAILED, NO_DATABASE, ""
        except Exception as error:
            # Whatever it is, a person has to see an end and a way on rather than a hanging run.
            logger.exception("Run %d failed.", lease.run_id)
            return RunState.FAILED, f"The run failed: {error} Press “Try again”.", repr(error)
        return RunState.DONE, None, ""

    def _finish(self, lease: Lease, state: RunState, reason: str | None, tail: str) -> None:
        last_words = [LogLine(tail)] if tail else []

        def end() -> None:
            lease.finish(state, *last_words, reason=reason and reason[:2000])

        def check_ours() -> None:
            # A wish to cancel comes too late here: this may be what it led to.
            if self.stopping.is_set():
                raise WorkerStoppingError

        patiently(end, check_ours, self.stopping.wait)
        tell_ended(self.store, lease.run_id)
        if state in (RunState.DONE, RunState.CANCELLED):
            forget_folder(self.store, lease.run_id)

    def _work(self, lease: Lease) -> None:
        run = self._patiently(lease, lambda: self._row(lease.run_id))
        version = self._patiently(lease, lambda: version_of(self.store, run.id))
        version = version or self._train(lease, run)
        try:
            self._compare(lease, run, version)
        except CancelledError:
            lease.later(LogLine(TOO_LATE))

    def _train(self, lease: Lease, run: Run) -> ModelVersion:
        job = self._patiently(lease, lambda: write_job(self.store, run))
        while True:
            try:
                bundle = train_once(lease, job, self.command, self.stopping)
            except TrainingKilledError:
                if self._patiently(lease, lambda: self._killed_before(run.id)):
                    raise
                # Written before it goes on, so that a second time is known to be one.
                killed = TrainingKilled(KILLED_TEXT)
                self._patiently(lease, partial(lease.write, killed))
            else:
                return self._patiently(lease, partial(register, self.store, bundle, run))

    def _row(self, run_id: int) -> Run:
        with self.store.reading() as session:
            return session.get_one(Run, run_id)

    def _killed_before(self, run_id: int) -> bool:
        with self.store.reading() as session:
            return count_since_again(session, run_id, TrainingKilled) > 0

    def _patiently(self, lease: Lease, act: Callable[[], Result]) -> Result:
        return patiently(act, lambda: check(lease, self.stopping), self.stopping.wait)

    def _compare(self, lease: Lease, run: Run, version: ModelVersion) -> None:
        """Let old and new model predict the locked test set, so that the page has it at hand."""
        # The held-out list is read from the store and stays in memory: nothing of it is written
        # on the machine that trains.
        held_out = snapshot_entries(self.store.blobs, run.snapshot, HELD_OUT)
        tests = [entry["scan"] for _, entry in held_out]
        # How many stages there are may still wait to be written.
        self._patiently(lease, lease.write)
        contenders, stages = self._patiently(lease, lambda: self._contenders(run, version))
        comparing = StageBegun(COMPARING, stages, stages)
        progress = RunProgress().after(comparing)
        lease.later(comparing, progress=progress)
        left_out: set[str] = set()
        for number, contender in enumerate(contenders):
            predict = partial(
                score,
                self.store,
                load_model(self.store.blobs.local_folder(contender.location)),
                contender.id,
                tests,
                on_progress=self._reporter(lease, progress, number, len(contenders)),
            )
            left_out.update(self._patiently(lease, predict))
        if left_out:
            lease.later(LogLine(left_out_text(left_out)))

    def _contenders(self, run: Run, version: ModelVersion) -> tuple[list[ModelVersion], int]:
        """The models to be compared, and how many stages the run has."""
        with self.store.reading() as session:
            parent = session.get(ModelVersion, run.parent_id) if run.parent_id else None
            progress = RunProgress.from_json(session.get_one(Run, run.id).progress)
        return [version, *([parent] if parent else [])], progress.of or 1

    def _reporter(self, lease: Lease, stage: RunProgress, before: int, models: int) -> OnProgress:
        def on_progress(progress: Progress) -> None:
            check(lease, self.stopping)
            if progress.done % 10 == 0 or progress.done == progress.total:
                whole = progress.within(before, models)
                lease.later(progress=replace(stage, step=whole.done, steps=whole.total))

        return on_progress

    def _give_back(self, lease: Lease) -> None:
        try:
            lease.write(state=RunState.QUEUED)
        except LeaseLostError:
            return
        except Exception as error:
            if not is_passing(error):
                raise
            # Recovery finds the run once this worker has been silent for a while.
            logger.warning("Run %d: the database is locked or away.", lease.run_id)
