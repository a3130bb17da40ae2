"""The worker: waits for jobs, trains, and looks after runs whose worker is gone.

Any number of workers may share a workspace, on one machine or many; they never train the same
run. Nothing here loads a deep-learning library, so that a worker is there within a second.
"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from fetal.configuration.overview import check_settings
from fetal.jobs.attempt import strip_old_jobs
from fetal.jobs.batches.asked_for import drop_old_tables, has_asked
from fetal.jobs.batches.batch_lease import at_work
from fetal.jobs.batches.batch_queue import (
    REPLACED,
    BatchGoesOnError,
    begin_rescoring,
    claim_batch,
    recover_batches,
)
from fetal.jobs.batches.left_out_scans import set_scans_aside
from fetal.jobs.database_retry import is_passing
from fetal.jobs.heartbeats import announce, leave, worker_name
from fetal.jobs.label_checks.check_queue import claim_check
from fetal.jobs.recovery import recover
from fetal.jobs.supervisor import Supervisor
from fetal.jobs.training_process import TRAINING
from fetal.jobs.waiting_jobs import (
    Rescoring,
    claim_rescoring,
    end_rescoring,
    is_newest,
    queued_run,
)
from fetal.store.database import Store
from fetal.store.erasing.compaction import compact_if_quiet
from fetal.store.failures import sentence_for
from fetal.store.rights import keep_to_owner
from fetal.store.states import BatchKind, RunState
from fetal.store.workspace import Workspace
from fetal.third_party import can_train

logger = logging.getLogger(__name__)

CARE_SECONDS = 4.0
"""How often a worker says that it is alive and looks for lost runs."""

POLL_SECONDS = 0.5
"""How long, at most, a click waits for an idle worker."""

BATCH_SECONDS = 2.0
"""How long, at most, a batch job waits that is tried again."""

STOP_SECONDS = 15.0
"""How long a worker that is to stop waits for the run in hand to be put back."""


class Worker:
    """One worker of a workspace.

    Args:
        workspace: whose jobs to do.
        command: the training program.

    Raises:
        SettingError: a setting cannot be used.

    Example:
        >>> Worker(Workspace.from_environment()).run()
    """

    def __init__(self, workspace: Workspace, command: Sequence[str] = TRAINING) -> None:
        check_settings()
        self._workspace = workspace
        self._name = worker_name()
        self._stopping = threading.Event()
        self._store = Store.open(workspace)
        strip_old_jobs(self._store)
        self._supervisor = Supervisor(self._store, self._name, self._stopping, command)

    def run(self) -> None:
        """Do jobs until `stop` is called or a signal asks for it."""
        self._stop_on_signals()
        threads = [
            threading.Thread(target=self._repeat, args=step, name=step[0].__name__, daemon=True)
            for step in (
                (self._care, CARE_SECONDS),
                (self._train, POLL_SECONDS),
                # Beside the training, so that a promotion takes effect while one goes on.
                (self._rescore, POLL_SECONDS),
                (self._check_labels, POLL_SECONDS),
                (self._do_batches, BATCH_SECONDS),
            )
        ]
        for thread in threads:
            thread.start()
        self._stopping.wait()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._sign_off()
        self._store.close()

    def stop(self) -> None:
        """Ask the worker to stop; a run in hand is put back for the next worker."""
        self._stopping.set()

    def stop_with(self, parent: int) -> None:
        """Stop as soon as a pipe from the process that started this worker is closed.

        Args:
            parent: the pipe's file descriptor.
        """

        def wait() -> None:
            with open(parent, "rb", closefd=False) as pipe:
                pipe.read()
            self.stop()

        threading.Thread(target=wait, name="parent", daemon=True).start()

    def _repeat(self, step: Callable[[], None], pause: float) -> None:
        """Take a step again and again; a fault, or a database that is away, ends nothing."""
        while not self._stopping.is_set():
            seconds = pause
            try:
                step()
            except Exception as error:
                seconds = CARE_SECONDS
                if is_passing(error):
                    logger.warning("The database is locked or away; it is tried again.")
                else:
                    logger.exception("The worker’s step failed; it is tried again.")
            self._stopping.wait(seconds)

    def _care(self) -> None:
        announce(self._store, self._name)
        recover(self._store)
        recover_batches(self._store)
        drop_old_tables(self._workspace)
        compact_if_quiet(self._store)

    def _train(self) -> None:
        # A machine that only predicts leaves trainings to the others.
        run_id = queued_run(self._store) if can_train() else None
        if run_id is not None:
            self._supervisor.supervise(run_id)
            # The new model's list may be long: nobody is to wait for it on a page.
            from fetal.workbench.datasets.lineage import note_learnt

            note_learnt(self._store)

    def _rescore(self) -> None:
        rescoring = claim_rescoring(self._store, self._name)
        if rescoring is None:
            return
        try:
            self._predict(rescoring)
        except BatchGoesOnError:
            # Its program was killed a moment ago, or lives: once that is sure, it is taken up.
            return
        except Exception as error:
            if is_passing(error):
                raise
            # Once more would end the same way; scans that are looked at are predicted then.
            logger.exception("The new model could not predict the scans that wait for a label.")
        if not self._stopping.is_set():
            end_rescoring(self._store, rescoring)

    def _predict(self, rescoring: Rescoring) -> None:
        # The workbench brings the predictor with it, which an idle worker does without.
        from fetal.jobs.batch_prediction import left_out_text
        from fetal.workbench.models.promotion import refresh
        from fetal.workbench.open import worker_workbench

        lease = begin_rescoring(self._store, rescoring, self._name)

        def stop() -> bool:
            over = self._stopping.is_set() or lease.stop()
            return over or not is_newest(self._store, rescoring)

        workbench = worker_workbench(self._workspace, self._store)
        with at_work(lease):
            left_out = refresh(
                workbench, rescoring.model_id, on_progress=lease.on_progress, stop=stop
            )
            set_scans_aside(lease, left_out)
            if self._stopping.is_set():
                lease.end_as(RunState.QUEUED)
            elif not is_newest(self._store, rescoring):
                lease.end_as(RunState.CANCELLED, REPLACED)
        if left_out:
            logger.warning(left_out_text(left_out))

    def _check_labels(self) -> None:
        lease = claim_check(self._store, self._name)
        if lease is None:
            return
        # Like the predictor, its libraries are loaded for the first check only.
        from fetal.workbench.label_quality.perform_check import perform
        from fetal.workbench.open import worker_workbench

        perform(worker_workbench(self._workspace, self._store), lease, self._stopping.is_set)

    def _do_batches(self) -> None:
        claimed = claim_batch(self._store, self._name, self._can_do)
        if claimed is None:
            return
        from fetal.workbench.batches.perform_batch import perform_batch
        from fetal.workbench.open import worker_workbench

        lease, kind = claimed
        workbench = worker_workbench(self._workspace, self._store)
        try:
            perform_batch(workbench, lease, kind, self._stopping.is_set)
        except Exception as error:
            if is_passing(error):
                raise
            # The job's row says that it failed; a person may try it again.
            logger.exception("Batch job %d failed.", lease.batch_id)

    def _can_do(self, batch_id: int, kind: BatchKind) -> bool:
        # What follows a promotion is claimed by the promotion. What an archive was asked for is
        # known on the computer where it was begun.
        if kind is BatchKind.LOOKALIKES:
            return True
        return kind in (BatchKind.ARCHIVE, BatchKind.LIBRARY) and has_asked(
            self._workspace, batch_id
        )

    def _sign_off(self) -> None:
        try:
            leave(self._store, self._name)
        except SQLAlchemyError:
            # Nobody is waiting for it: the others delete the row once it is old.
            logger.warning("The database is locked or away at the worker's end.")

    def _stop_on_signals(self) -> None:
        # A test or another program may run a worker in a thread, where Python allows no handlers.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, self._handle_signal)

    def _handle_signal(self, signum: int, frame: FrameType | None) -> None:
        self._stopping.set()


def log_to_console(prefix: str = "") -> None:
    """Print what this program has to say, and of the libraries below it only what goes wrong.

    Args:
        prefix: stands before each line.
    """
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {prefix}%(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def main() -> None:
    """Run a worker on the workspace that the environment names, as `fetal serve` starts it."""
    log_to_console("worker: ")
    keep_to_owner()
    try:
        worker = Worker(Workspace.from_environment())
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        sys.exit(f"The worker did not start. {sentence}")
    worker.stop_with(sys.stdin.fileno())
    worker.run()


if __name__ == "__main__":
    main()
