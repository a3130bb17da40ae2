"""One attempt at a run's training: start the process, and keep every event that it reports."""

import json
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fetal.jobs.lease import POLL_SECONDS, Lease, LeaseLostError
from fetal.jobs.register_model import next_name
from fetal.jobs.run_progress import RunProgress
from fetal.jobs.training_process import Child, ProcessEnded
from fetal.store.contents import EXAMPLES, snapshot_entries
from fetal.store.database import Store
from fetal.store.tables import ModelVersion, Run
from fetal.training.events import (
    DeviceChosen,
    EpochDone,
    LogLine,
    StageBegun,
    StepDone,
    TrainingDone,
    TrainingEvent,
    TrainingFailed,
)
from fetal.training.training_job import JobScan, TrainingJob, write_whole

STEP_SECONDS = 0.5
"""How often, at most, the progress of a step is written down."""

SILENCE_SECONDS = 1800.0
"""A training that says nothing for so long hangs."""

_SILENT = (
    f"The training said nothing for {SILENCE_SECONDS / 60:.0f} minutes and was ended. "
    "Press “Try again”."
)

JOB_FILE = "job.json"


class CancelledError(RuntimeError):
    """A person cancelled the run."""


class WorkerStoppingError(RuntimeError):
    """The worker was asked to stop; the run is to go on elsewhere or later."""


class TrainingFailedError(RuntimeError):
    """The training ended without a model; the text is the one sentence for a person."""

    def __init__(self, reason: str, tail: str = "") -> None:
        super().__init__(reason)
        self.tail = tail


class TrainingKilledError(TrainingFailedError):
    """The computer ended the training process, by a signal that nobody here sent."""


def run_folder(store: Store, run_id: int) -> Path:
    """Where a run keeps its epochs on this machine, so that the next attempt goes on from them."""
    return store.workspace.folder / "runs" / str(run_id)


def write_job(store: Store, run: Run) -> Path:
    """Write the file that tells the training process what to do.

    It names the scans to learn from and to check on during training. Nothing of the held-out test
    set is written on the machine that trains.

    Args:
        store: the database and the files.
        run: the run.

    Returns:
        The file, in the run's folder.
    """
    folder = run_folder(store, run.id)
    folder.mkdir(parents=True, exist_ok=True)
    with store.reading() as session:
        parent = session.get(ModelVersion, run.parent_id) if run.parent_id else None
    job = TrainingJob(
        examples=tuple(
            JobScan.of(entry) for _, entry in snapshot_entries(store.blobs, run.snapshot, EXAMPLES)
        ),
        blobs_url=store.workspace.blobs_url,
        settings=run.settings,
        start=str(store.blobs.local_folder(parent.location)) if parent else None,
        folder=str(folder),
        cache=str(store.workspace.folder / "cache" / "features"),
        name=next_name(store),
        parent=parent.digest if parent else None,
    )
    path = folder / JOB_FILE
    job.write(path)
    return path


def strip_old_jobs(store: Store) -> None:
    """Remove the held-out test set from the job files that an older version wrote here.

    Args:
        store: the database and the files.
    """
    for path in (store.workspace.folder / "runs").glob(f"*/{JOB_FILE}"):
        try:
            job = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        if isinstance(job, dict) and job.pop("test", None) is not None:
            write_whole(path, job)


def forget_folder(store: Store, run_id: int) -> None:
    """Remove what a run kept on this machine; its model, if it made one, is in the store."""
    shutil.rmtree(run_folder(store, run_id), ignore_errors=True)


def train_once(lease: Lease, job: Path, command: Sequence[str], stopping: threading.Event) -> Path:
    """Run one training process to its end.

    Args:
        lease: the right to work on the run; kept alive elsewhere.
        job: the job file.
        command: the training program.
        stopping: set when the worker is to stop.

    Returns:
        The folder of the finished bundle.

    Raises:
        CancelledError: a person cancelled.
        WorkerStoppingError: the worker is to stop.
        LeaseLostError: the run is somebody else's by now.
        TrainingKilledError: the process was killed from outside.
        TrainingFailedError: the process gave up, for the reason it said.
    """
    with Child(job, command) as child:
        events = _EventWriter(lease)
        heard = time.monotonic()
        while True:
            check(lease, stopping)
            event = child.next_event(POLL_SECONDS)
            if event is not None:
                heard = time.monotonic()
            elif time.monotonic() - heard > SILENCE_SECONDS:
                raise TrainingFailedError(_SILENT, child.tail())
            match event:
                case None:
                    continue
                case TrainingDone(bundle):
                    return Path(bundle)
                case TrainingFailed(reason):
                    raise TrainingFailedError(reason, child.tail())
                case ProcessEnded():
                    raise _ended(child)
                case _:
                    events.keep(event)


def check(lease: Lease, stopping: threading.Event) -> None:
    """Raise as soon as there is a reason not to go on with a run.

    Args:
        lease: the right to work on it.
        stopping: set when the worker is to stop.

    Raises:
        LeaseLostError: the run is somebody else's by now.
        CancelledError: a person cancelled.
        WorkerStoppingError: the worker is to stop.
    """
    if lease.lost.is_set():
        raise LeaseLostError(f"Run {lease.run_id} is no longer this worker's.")
    if lease.cancelled.is_set():
        raise CancelledError
    if stopping.is_set():
        raise WorkerStoppingError


def _ended(child: Child) -> TrainingFailedError:
    code = child.exit_code()
    if code < 0:
        return TrainingKilledError(
            "The computer ended the training twice, most likely because memory ran out. "
            "Close other programs, then press “Try again”.",
            child.tail(),
        )
    return TrainingFailedError(
        "The training ended without a model and without saying why. "
        "The log holds its last words; press “Try again”.",
        child.tail(),
    )


class _EventWriter:
    """Has events written into the run's row and log, without waiting for the database."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._progress = RunProgress()
        self._written = 0.0

    def keep(self, event: TrainingEvent) -> None:
        match event:
            case StepDone():
                self._step(event)
            case StageBegun(_, _, stages):
                # One more stage follows the training: the comparison on the held-out test set.
                self._log(replace(event, of=stages + 1))
            case EpochDone():
                self._log(event)
            case LogLine():
                self._lease.later(event)
            case DeviceChosen(device):
                self._lease.later(device=device[:80])

    def _step(self, event: StepDone) -> None:
        self._progress = self._progress.after(event)
        if time.monotonic() - self._written >= STEP_SECONDS:
            self._written = time.monotonic()
            self._lease.later(progress=self._progress)

    def _log(self, event: StageBegun | EpochDone) -> None:
        self._progress = self._progress.after(event)
        self._lease.later(event, progress=self._progress)
