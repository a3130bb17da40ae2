"""A thread that does the batch jobs of a workbench, as a worker does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fetal.jobs.batches.asked_for import has_asked
from fetal.jobs.batches.batch_queue import claim_batch
from fetal.store.states import BatchKind
from fetal.workbench import Workbench
from fetal.workbench.batches.perform_batch import perform_batch


def do_waiting_job(workbench: Workbench) -> bool:
    """Do the job that waits for longest; returns whether one waited."""

    def can_do(number: int, kind: BatchKind) -> bool:
        return kind is BatchKind.LOOKALIKES or has_asked(workbench.workspace, number)

    claimed = claim_batch(workbench.store, "test:1:a", can_do)
    if claimed is None:
        return False
    perform_batch(workbench, *claimed, lambda: False)
    return True


@contextmanager
def worker_for(workbench: Workbench) -> Iterator[None]:
    """Do whatever waits, until the block is left."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            do_waiting_job(workbench)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
