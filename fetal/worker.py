"""The worker: waits for jobs, trains, and looks after runs whose worker is gone.

Any number of workers may share a workspace, on one machine or many; they never train the same
run. Nothing here loads a deep-learning library, so that a worker is there within a second.
"""

import logging
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from huey import Huey
from huey.consumer import Consumer
from sqlalchemy.exc import SQLAlchemyError

from fetal.jobs.attempt import strip_old_jobs
from fetal.jobs.database_retry import is_passing
from fetal.jobs.heartbeats import announce, leave, worker_name
from fetal.jobs.queue import queue
from fetal.jobs.recovery import recover
from fetal.jobs.supervisor import Supervisor
from fetal.jobs.training_process import TRAINING
from fetal.store.database import Store
from fetal.store.failures import sentence_for
from fetal.store.rights import keep_to_owner
from fetal.store.workspace import Workspace

logger = logging.getLogger(__name__)

CARE_SECONDS = 4.0
"""How often a worker says that it is alive and looks for lost runs."""

POLL_SECONDS = 1.0
"""How long, at most, a click waits for an idle worker."""

GOODBYE_SECONDS = 15
"""How long a worker that is to stop waits for the run in hand to be put back."""

THREADS = 2
"""One trains; the other lets a newly promoted model predict meanwhile."""


class Worker:
    """One worker of a workspace.

    Args:
        workspace: whose jobs to do.
        command: the training program.

    Example:
        >>> Worker(Workspace.from_environment()).run()
    """

    def __init__(self, workspace: Workspace, command: Sequence[str] = TRAINING) -> None:
        self._workspace = workspace
        self._name = worker_name()
        self._stopping = threading.Event()
        self._store = Store.open(workspace)
        self._queue = queue(workspace, train=self._train, refresh=self._refresh)
        strip_old_jobs(self._store)
        self._queue.forget_notes()
        self._supervisor = Supervisor(self._store, self._queue, self._name, self._stopping, command)

    def run(self) -> None:
        """Do jobs until `stop` is called or a signal asks for it."""
        caretaker = threading.Thread(target=self._care, name="care", daemon=True)
        caretaker.start()
        try:
            _Consumer(self._queue.huey, self._stopping).run()
        finally:
            self._stopping.set()
            caretaker.join(CARE_SECONDS)
            self._say_goodbye()
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

    def _train(self, run_id: int) -> None:
        self._supervisor.supervise(run_id)

    def _refresh(self, model_id: int) -> None:
        # The workbench brings the predictor with it, which an idle worker does without.
        from fetal.jobs.batch_prediction import left_out_text
        from fetal.workbench.models.promotion import refresh
        from fetal.workbench.open import worker_workbench

        workbench = worker_workbench(self._workspace, self._store)
        left_out = refresh(workbench, model_id, stop=self._stopping.is_set)
        if left_out:
            logger.warning(left_out_text(left_out))

    def _say_goodbye(self) -> None:
        try:
            leave(self._store, self._name)
        except SQLAlchemyError:
            # Nobody is waiting for it: the others delete the row once it is old.
            logger.warning("The database is locked or away at the worker's end.")

    def _care(self) -> None:
        while True:
            try:
                announce(self._store, self._name)
                recover(self._store, self._queue)
            except Exception as error:
                # A database that is away for a while must not leave the worker without care.
                if is_passing(error):
                    logger.warning("The database is locked or away; it is tried again.")
                else:
                    logger.exception("Looking after the runs failed; it is tried again.")
            if self._stopping.wait(CARE_SECONDS):
                return


class _Consumer(Consumer):  # type: ignore[misc]  # Huey ships no types
    """Huey's consumer, stopped by one event wherever the wish to stop comes from."""

    def __init__(self, huey: Huey, stopping: threading.Event) -> None:
        super().__init__(
            huey, workers=THREADS, max_delay=POLL_SECONDS, shutdown_timeout=GOODBYE_SECONDS
        )
        self._stopping = stopping

    def loop(self, health_check_ts: float | None = None) -> float | None:
        """Watch over the threads, until told to stop."""
        if self._stopping.is_set():
            self._signum = signal.SIGTERM
            self._restart, self._graceful = False, True
        checked: float | None = super().loop(health_check_ts)
        return checked

    def _set_signal_handlers(self) -> None:
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
    for name in ("alembic", "huey", "peewee"):
        logging.getLogger(name).setLevel(logging.WARNING)


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
