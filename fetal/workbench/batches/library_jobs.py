"""Work on all stored scans as batch jobs: their predictions as a table, and a look for copies."""

from collections.abc import Callable, Iterator
from pathlib import Path

from fetal.jobs.batches.asked_for import ArchiveJob, drop_asked, read_asked, write_asked
from fetal.jobs.batches.batch_lease import STOPPED, BatchLease, at_work
from fetal.jobs.batches.batch_queue import begin_batch
from fetal.jobs.batches.left_out_scans import set_scans_aside
from fetal.progress import OnProgress, Progress, no_progress
from fetal.store.batches.batch_tables import BatchJob
from fetal.store.states import BatchKind, RunState
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_quality.feature_network import FeatureNetwork, champion_network
from fetal.workbench.label_quality.stored_features import (
    Half,
    compute_missing,
    every_scan,
    features_after,
)
from fetal.workbench.models.library_predictions import predict_library
from fetal.workbench.near_duplicates.deep_search import NEIGHBOURS, search_thoroughly

_AT_ONCE = 1000
"""Scans whose features are read in one step."""

LIBRARY = "library"
"""The source that is the workspace's own scans."""

PREDICT = "Predict all stored scans, and write a table"
LOOK = "Look for copies among the scans that a model sees alike"


def predict_library_into(
    workbench: Workbench,
    out: Path,
    who: str,
    *,
    workers: int = 1,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[int, list[str]] | None:
    """Do `predict_library` as a batch job that everybody sees who may.

    Args:
        workbench: the open workbench.
        out: the table, a file in Parquet.
        who: the person, for the audit.
        workers: processes of this computer; of no account with FETAL_CLUSTER.
        on_progress: called as work goes on.
        stop: asked now and then; a person may cancel it in the workspace as well.

    Returns:
        As `predict_library`.

    Raises:
        NotPermittedError: the actor may not export.
        BatchGoesOnError: another program does the same.
    """
    who = workbench.permit(Permission.EXPORT, who)
    job = ArchiveJob(LIBRARY, str(out.absolute()), workers=workers)
    lease = begin_batch(workbench.store, BatchKind.LIBRARY, PREDICT, who, slot=job.slot)
    write_asked(workbench.workspace, lease.batch_id, job)
    return _predict(workbench, lease, job, who, on_progress, stop)


def repeat_library(workbench: Workbench, lease: BatchLease, stop: Callable[[], bool]) -> None:
    """Go on with it for a worker that has claimed it; given back where the worker is to end."""
    job = read_asked(workbench.workspace, lease.batch_id)
    assert job is not None
    with workbench.store.reading() as session:
        who = session.get_one(BatchJob, lease.batch_id).who
    _predict(workbench, lease, job, who, no_progress, stop, then=RunState.QUEUED)


def look_for_copies(
    workbench: Workbench,
    who: str,
    model_folder: Path | None = None,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Do `search_thoroughly` as a batch job that everybody sees who may.

    Args:
        workbench: the open workbench.
        who: the person.
        model_folder: the model; if None, the champion.
        on_progress: called as work goes on.
        stop: asked now and then; a person may cancel it in the workspace as well.

    Returns:
        How many new pairs were found.

    Raises:
        NotPermittedError: the actor may not decide on look-alikes.
        BatchGoesOnError: another program does the same.
    """
    who = workbench.permit(Permission.PAIR, who)
    slot = str(BatchKind.LOOKALIKES)
    lease = begin_batch(workbench.store, BatchKind.LOOKALIKES, LOOK, who, slot=slot)
    return _look(workbench, lease, model_folder, on_progress, stop)


def repeat_look(workbench: Workbench, lease: BatchLease, stop: Callable[[], bool]) -> None:
    """Go on with it for a worker that has claimed it; given back where the worker is to end."""
    _look(workbench, lease, None, no_progress, stop, then=RunState.QUEUED)


def _predict(
    workbench: Workbench,
    lease: BatchLease,
    job: ArchiveJob,
    who: str,
    on_progress: OnProgress,
    stop: Callable[[], bool],
    then: RunState = RunState.CANCELLED,
) -> tuple[int, list[str]] | None:
    with at_work(lease):
        done = predict_library(
            workbench,
            Path(job.out),
            who,
            workers=job.workers,
            on_progress=lease.beside(on_progress),
            stop=lambda: stop() or lease.stop(),
        )
        if done is not None:
            count, left_out = done
            set_scans_aside(lease, left_out)
            lease.on_progress(Progress(count, count))
            drop_asked(workbench.workspace, lease.batch_id)
        elif not lease.stop():
            lease.end_as(then, STOPPED if then is RunState.CANCELLED else None)
    return done


def _look(
    workbench: Workbench,
    lease: BatchLease,
    model_folder: Path | None,
    on_progress: OnProgress,
    stop: Callable[[], bool],
    then: RunState = RunState.CANCELLED,
) -> int:
    with at_work(lease):
        found = _searched(
            workbench,
            model_folder,
            lease.beside(on_progress),
            lambda: stop() or lease.stop(),
        )
        if stop() and not lease.stop():
            lease.end_as(then, STOPPED if then is RunState.CANCELLED else None)
    return found


def _searched(
    workbench: Workbench,
    model_folder: Path | None,
    on_progress: OnProgress,
    stop: Callable[[], bool],
) -> int:
    """Search by kept features, so that the next attempt goes on with those that are missing."""
    if model_folder is not None:
        # Of a model that the workspace may not have, nothing is kept.
        return search_thoroughly(workbench, model_folder, on_progress, stop)
    network = champion_network(workbench)

    def told(progress: Progress) -> None:
        if stop():
            raise _StoppedError
        on_progress(Progress(progress.done, (1 + NEIGHBOURS) * progress.total))

    try:
        compute_missing(workbench, network, every_scan(workbench), told)
    except _StoppedError:
        return 0
    known = _kept_features(workbench, network)
    return search_thoroughly(workbench, None, on_progress, stop, known)


def _kept_features(workbench: Workbench, network: FeatureNetwork) -> Iterator[tuple[int, Half]]:
    last = 0
    while True:
        with workbench.store.reading() as session:
            numbers, features = features_after(session, network, last, _AT_ONCE)
        if not len(numbers):
            return
        yield from zip(numbers.tolist(), features, strict=True)
        last = int(numbers[-1])


class _StoppedError(Exception):
    """Somebody stopped the search while features were computed."""
