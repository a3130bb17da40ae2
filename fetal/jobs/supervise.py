"""A run from the moment a worker takes it until its model is compared, or its end is explained."""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fetal.jobs.attempt import (
    CancelledError,
    TrainingFailedError,
    TrainingKilledError,
    WorkerStoppingError,
    forget_folder,
    train_once,
    write_job,
)
from fetal.jobs.child import TRAINING
from fetal.jobs.device import describe_device
from fetal.jobs.lease import Lease, LeaseLostError, claim
from fetal.jobs.queue import JobQueue
from fetal.jobs.recovery import count_since_again
from fetal.jobs.registry import register, version_of
from fetal.jobs.score import score
from fetal.predict import load_model
from fetal.store.database import Store
from fetal.store.tables import ModelVersion, Run

logger = logging.getLogger(__name__)

COMPARING = "Comparing on the locked test set"

KILLED = "killed"
"""The kind of event that says that the computer ended the training process."""

KILLED_TEXT = "The computer ended the training; it goes on from its last epoch."


TOO_LATE = "The model was already finished when the run was cancelled, so it is kept."


@dataclass(frozen=True)
class Supervisor:
    """Does one worker's share of the runs.

    Attributes:
        store: the database and the files.
        queue: wakes workers.
        worker: this worker's name.
        stopping: set when the worker is to stop; a run in hand goes back to the queue.
        command: the training program.
    """

    store: Store
    queue: JobQueue
    worker: str
    stopping: threading.Event = field(default_factory=threading.Event)
    command: Sequence[str] = TRAINING

    def supervise(self, run_id: int) -> None:
        """Take a run to its end, unless another worker has it or it has ended.

        Args:
            run_id: the run that a message named; it may be outdated.
        """
        lease = claim(self.store, run_id, self.worker, describe_device())
        if lease is None:
            return
        with lease.keep():
            try:
                self._finish(lease, *self._outcome(lease))
            except WorkerStoppingError:
                self._give_back(lease)
            except LeaseLostError:
                logger.warning("Run %d was taken over by another worker.", run_id)

    def _outcome(self, lease: Lease) -> tuple[str, str | None, str]:
        """Work, and say how it ended: status, reason and the program's last words."""
        try:
            self._work(lease)
        except CancelledError:
            return "cancelled", None, ""
        except TrainingFailedError as failure:
            return "failed", str(failure), failure.tail
        except (WorkerStoppingError, LeaseLostError):
            raise
        except Exception as error:
            # Whatever it is, a person has to see an end and a way on rather than a hanging run.
            logger.exception("Run %d failed.", lease.run_id)
            return "failed", f"The run failed: {error} Press “Try again”.", repr(error)
        return "done", None, ""

    def _finish(self, lease: Lease, status: str, reason: str | None, tail: str) -> None:
        last_words = [lease.event("log", text=tail)] if tail else []
        lease.finish(status, *last_words, reason=reason and reason[:2000])
        if status in ("done", "cancelled"):
            forget_folder(self.store, lease.run_id)

    def _work(self, lease: Lease) -> None:
        with self.store.reading() as session:
            run = session.get_one(Run, lease.run_id)
        version = version_of(self.store, run.id) or self._train(lease, run)
        try:
            self._compare(lease, run, version)
        except CancelledError:
            lease.write(lease.event("log", text=TOO_LATE))

    def _train(self, lease: Lease, run: Run) -> ModelVersion:
        job = write_job(self.store, run)
        while True:
            try:
                bundle = train_once(lease, job, self.command, self.stopping)
            except TrainingKilledError:
                with self.store.reading() as session:
                    before = count_since_again(session, run.id, KILLED)
                if before:
                    raise
                lease.write(lease.event(KILLED, text=KILLED_TEXT))
            else:
                return register(self.store, bundle, run)

    def _compare(self, lease: Lease, run: Run, version: ModelVersion) -> None:
        """Let old and new model predict the locked test set, so that the page has it at hand."""
        snapshot = json.loads(self.store.blobs.get(run.snapshot))
        tests = [item["scan"] for item in snapshot["test"]]
        with self.store.reading() as session:
            parent = session.get(ModelVersion, run.parent_id) if run.parent_id else None
            stages = int((session.get_one(Run, run.id).progress or {}).get("of", 1))
        contenders = [version, *([parent] if parent else [])]
        stage = {"stage": COMPARING, "index": stages, "of": stages}
        lease.write(lease.event("stage", **stage), progress=stage)
        for number, contender in enumerate(contenders):
            model = load_model(self.store.blobs.local_folder(contender.location))
            score(
                self.store,
                model,
                contender.id,
                tests,
                on_progress=self._reporter(lease, stage, number, len(contenders)),
            )

    def _reporter(
        self, lease: Lease, stage: dict[str, object], before: int, models: int
    ) -> Callable[[int, int], None]:
        def report(done: int, of: int) -> None:
            if lease.lost.is_set():
                raise LeaseLostError(f"Run {lease.run_id} is no longer this worker's.")
            if lease.cancelled.is_set():
                raise CancelledError
            if self.stopping.is_set():
                raise WorkerStoppingError
            if done % 10 == 0 or done == of:
                lease.write(progress=stage | {"step": before * of + done, "steps": models * of})

        return report

    def _give_back(self, lease: Lease) -> None:
        try:
            lease.write(status="queued")
        except LeaseLostError:
            return
        self.queue.train(lease.run_id)
