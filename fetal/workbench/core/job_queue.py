"""The queue that wakes the workers, one for each workspace and process."""

from functools import lru_cache

from fetal.jobs.queue import JobQueue, queue
from fetal.store.workspace import Workspace
from fetal.workbench.core.workbench import Workbench


def job_queue(workbench: Workbench) -> JobQueue:
    """The queue that wakes the workers of an open workbench."""
    return _queue(workbench.workspace)


@lru_cache(maxsize=8)
def _queue(workspace: Workspace) -> JobQueue:
    return queue(workspace)
