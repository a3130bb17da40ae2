"""Does a batch job that waits, for a worker."""

from collections.abc import Callable

from fetal.jobs.batches.batch_lease import BatchLease
from fetal.store.states import BatchKind
from fetal.workbench.batches.archive_jobs import repeat_archive
from fetal.workbench.batches.library_jobs import repeat_library, repeat_look
from fetal.workbench.core.workbench import Workbench

_WORKS: dict[BatchKind, Callable[[Workbench, BatchLease, Callable[[], bool]], None]] = {
    BatchKind.ARCHIVE: repeat_archive,
    BatchKind.LIBRARY: repeat_library,
    BatchKind.LOOKALIKES: repeat_look,
}


def perform_batch(
    workbench: Workbench, lease: BatchLease, kind: BatchKind, stop: Callable[[], bool]
) -> None:
    """Do one batch job to its end.

    Args:
        workbench: the worker's workbench.
        lease: the right to do it.
        kind: what it is.
        stop: whether the worker is to end; the job waits for the next worker then.
    """
    _WORKS[kind](workbench, lease, stop)
