"""Tasks on a cluster, a few at a time: memory stays bounded, and lost work is done again.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from distributed import Future, get_worker

from fetal.cluster.connection import Connection

_AHEAD = 2
"""Tasks for each worker: one that it does, one that waits there."""

_LOOK_SECONDS = 0.5
"""How often it is asked whether to stop."""

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Done(Generic[Task, Result]):
    """What became of a task.

    Attributes:
        task: the task.
        result: what its function returned; None where it failed.
        error: why it failed: what its function raised, or Dask's `KilledWorker` where the worker
            that did it ended several times; None where it did not fail.
        worker: the address of the worker that did it; None where it failed.
    """

    task: Task
    result: Result | None
    error: BaseException | None
    worker: str | None = None


def run_bounded(
    connection: Connection,
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    *,
    resource: str | None = None,
    stop: Callable[[], bool] | None = None,
    ahead: int = _AHEAD,
) -> Iterator[Done[Task, Result]]:
    """Have tasks done by a cluster, and take each result as soon as it is there.

    Only a few tasks are out at any time, and no result is kept. A task whose worker ends is done
    by another one; after the end of the scheduler, all that was out is handed to the next one.

    Args:
        connection: to the cluster.
        function: does a task; it and its argument can be pickled.
        tasks: taken one at a time, as workers come free.
        resource: what a task needs one of, such as `GPU`.
        stop: asked between tasks; what is out then is given up.
        ahead: how many tasks may be out for each that can be done at the same time.

    Yields:
        What became of each task, in the order in which they end.

    Raises:
        ClusterError: the scheduler went away and did not come back.
    """
    source, again = iter(tasks), deque[Task]()
    out: dict[Future[Any], Task] = {}
    ended: SimpleQueue[Future[Any]] = SimpleQueue()
    needs = {resource: 1} if resource else None

    def next_task() -> Task | None:
        return again.popleft() if again else next(source, None)

    try:
        while True:
            while len(out) < ahead * connection.capacity(resource):
                task = next_task()
                if task is None:
                    break
                future = connection.client.submit(_do, function, task, pure=False, resources=needs)
                out[future] = task
                future.add_done_callback(ended.put)
            if not out:
                return
            if stop is not None and stop():
                return
            try:
                future = ended.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
            if future not in out:
                # Of a scheduler that is gone.
                continue
            if future.status in ("cancelled", "lost"):
                again.extend(out.values())
                out.clear()
                connection.renew()
                continue
            yield _outcome(future, out.pop(future))
            # Whatever the next step does, Dask is to forget this result.
            del future
    finally:
        if out:
            connection.client.cancel(list(out), force=True)


def _do(function: Callable[[Task], Result], task: Task) -> tuple[Result, str]:
    return function(task), str(get_worker().address)


def _outcome(future: Future[Any], task: Task) -> Done[Task, Result]:
    if future.status == "error":
        return Done(task, None, future.exception())
    result, worker = future.result()
    return Done(task, result, None, worker)
