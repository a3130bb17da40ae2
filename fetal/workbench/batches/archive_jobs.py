"""Archives that are predicted for a workspace: the job's row there, the results in a file.

What an archive's files are called may identify patients, so that it stands in no database: the
paths lie in the workspace's folder of the computer that predicts, and file names in the results.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fetal.bundle import Bundle
from fetal.jobs.batches.asked_for import (
    ArchiveJob,
    begun_before,
    drop_asked,
    read_asked,
    write_asked,
)
from fetal.jobs.batches.batch_lease import STOPPED, BatchLease, at_work
from fetal.jobs.batches.batch_progress import BatchProgress
from fetal.jobs.batches.batch_queue import begin_batch
from fetal.predict import shipped_folder
from fetal.store.states import BatchKind, RunState
from fetal.store.workspace import Workspace
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

if TYPE_CHECKING:
    from fetal.cluster.archive_run import Estimate
    from fetal.cluster.shard_ledger import Standing


def predict_archive_into(
    workbench: Workbench,
    job: ArchiveJob,
    who: str,
    *,
    title: str | None = None,
    on_estimate: "Callable[[Estimate], bool]" = lambda _: True,
    on_standing: "Callable[[Standing], None]" = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    refusals: int = 0,
) -> "tuple[Standing, list[tuple[str, str]]]":
    """Predict an archive into its file of results, and say in the workspace how far it is.

    Its scans are not imported, and their predictions not stored: a prediction in a workspace
    belongs to a stored scan. Stopped or killed, the same goes on as the same job.

    Args:
        workbench: the open workbench.
        job: what is asked for.
        who: the person.
        title: what people call it; if None, the kind of the source.
        on_estimate: as of `ArchiveRun`.
        on_standing: as of `ArchiveRun`.
        stop: as of `ArchiveRun`; a person may cancel it in the workspace as well.
        refusals: how many files that could not be read are named at the most.

    Returns:
        As `ArchiveRun.run`.

    Raises:
        NotPermittedError: the actor may not do it.
        BatchGoesOnError: another program writes the same file of results.
        ResultThereError, OtherWorkError, SourceError, ClusterError: as `ArchiveRun.run`.
    """
    who = workbench.permit(Permission.STEER_BATCHES, who)
    again = begun_before(workbench.workspace, job)
    lease = begin_batch(
        workbench.store,
        BatchKind.ARCHIVE,
        title or job.title,
        who,
        slot=job.slot,
        again=again,
    )
    write_asked(workbench.workspace, lease.batch_id, job)
    run = _Watched(lease, job, on_estimate, on_standing, stop)
    return run(workbench.workspace, refusals)


def repeat_archive(workbench: Workbench, lease: BatchLease, stop: Callable[[], bool]) -> None:
    """Go on with an archive for a worker that has claimed it.

    Args:
        workbench: the worker's workbench.
        lease: the right to do it.
        stop: whether the worker is to end; the job waits for the next one then.
    """
    job = read_asked(workbench.workspace, lease.batch_id)
    assert job is not None
    run = _Watched(lease, job, stop=stop, then=RunState.QUEUED)
    run(workbench.workspace, 0)


@dataclass
class _Watched:
    """An archive's run that tells the workspace how far it is."""

    lease: BatchLease
    job: ArchiveJob
    on_estimate: "Callable[[Estimate], bool]" = lambda _: True
    on_standing: "Callable[[Standing], None]" = lambda _: None
    stop: Callable[[], bool] = lambda: False
    then: RunState = RunState.CANCELLED
    a_file: float = 0.0

    def __call__(
        self, workspace: Workspace, refusals: int
    ) -> "tuple[Standing, list[tuple[str, str]]]":
        with at_work(self.lease):
            # Dask is imported where it is needed, which is never a page.
            from fetal.cluster.archive_run import ArchiveRun
            from fetal.cluster.archive_sources.choose_source import choose_source

            run = ArchiveRun(
                choose_source(self.job.source),
                Bundle.open(self.job.model or shipped_folder()),
                Path(self.job.out),
                workers=self.job.workers,
                frames=self.job.frames,
                on_standing=self._stand,
                on_estimate=self._estimate,
                on_refused=self.lease.set_aside,
                stop=lambda: self.stop() or self.lease.stop(),
            )
            standing, named = run.run(refusals)
            self._stand(standing)
            if standing.done < standing.files and not self.lease.stop():
                self.lease.end_as(self.then, STOPPED if self.then is RunState.CANCELLED else None)
        if standing.done == standing.files:
            drop_asked(workspace, self.lease.batch_id)
        return standing, named

    def _stand(self, standing: "Standing") -> None:
        self.lease.report(
            BatchProgress(
                done=standing.done,
                total=standing.files,
                refused=standing.refused,
                shards_done=standing.shards_done,
                shards=standing.shards,
                price=self.a_file * (standing.files - standing.done) or None,
            )
        )
        self.on_standing(standing)

    def _estimate(self, estimate: "Estimate") -> bool:
        if self.job.price is not None:
            self.a_file = estimate.price(self.job.price) / max(1, estimate.files)
        return self.on_estimate(estimate)
