"""Trials on a cluster, one for each GPU at a time, each in a process of its own."""

from collections.abc import Iterable, Iterator

from distributed import KilledWorker

from fetal.cluster.bounded_tasks import run_bounded
from fetal.cluster.connection import Connection, is_local
from fetal.cluster.device_of_worker import GPU, DeviceOfWorker, own_gpus
from fetal.experiments.sweep import SweepError
from fetal.experiments.trial import Job, TrialEnd
from fetal.experiments.trial_process import TrialKilledError, attempt_apart


def on_cluster(jobs: Iterable[Job], at_once: int | None = None) -> Iterator[tuple[int, TrialEnd]]:
    """Do trials on workers of this computer, or on those of FETAL_CLUSTER.

    A trial that is killed, alone or with its worker, is done again from its last epoch.

    Args:
        jobs: taken as workers come free.
        at_once: how many trials this computer does at the same time; if None, one for each GPU,
            and one where it has none. With a scheduler, one for each `GPU` that its workers offer.

    Yields:
        The place of each job among the others, from 0, and what became of it, as they end.

    Raises:
        SweepError: a trial was killed again and again.
        ClusterError: the scheduler cannot be reached.
    """
    gpus = own_gpus() if is_local() else []
    workers = at_once or len(gpus) or 1
    with Connection(workers, DeviceOfWorker(gpus), {GPU: 1}) as connection:
        for done in run_bounded(connection, _attempt, enumerate(jobs), resource=GPU, ahead=1):
            if isinstance(done.error, KilledWorker | TrialKilledError):
                raise SweepError(str(done.error)) from done.error
            if done.result is None:
                assert done.error is not None
                raise done.error
            yield done.task[0], done.result


def _attempt(numbered: tuple[int, Job]) -> TrialEnd:
    return attempt_apart(numbered[1])
