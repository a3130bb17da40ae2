"""Tasks on a cluster, a few at a time: memory stays bounded, and lost work is done again.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from distributed import CancelledError, Future
from distributed.client import ClosedClientError
from distributed.comm.core import CommClosedError

from fetal.cluster.connection import Connection

_AHEAD = 2
"""Tasks for each worker: one that it does, one that waits there."""

_LOOK_SECONDS = 0.5
"""How often it is asked whether to stop."""

_RESULT_SECONDS = 60
"""How long a result that is there may take to come."""

_GONE = (CommClosedError, CancelledError, ClosedClientError)
"""What is raised where the scheduler is away."""

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
    """

    task: Task
    result: Result | None
    error: BaseException | None


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

    def hand_out() -> None:
        """Give the cluster as many tasks as it may have."""
        for _ in range(ahead * connection.capacity(resource) - len(out)):
            if not again:
                again.extend(islice(source, 1))
            if not again:
                return
            future = connection.client.submit(function, again[0], pure=False, resources=needs)
            out[future] = again.popleft()
            future.add_done_callback(ended.put)

    def take_back() -> None:
        again.extend(out.values())
        out.clear()
        connection.renew()

    try:
        while stop is None or not stop():
            try:
                hand_out()
            except (*_GONE, TimeoutError):
                take_back()
                continue
            if not out:
                return
            try:
                future = ended.get(timeout=_LOOK_SECONDS)
            except Empty:
                if not connection.is_alive():
                    take_back()
                continue
            if future not in out:
                # Of a scheduler that is gone.
                continue
            try:
                done = _outcome(future, out[future])
            except (*_GONE, TimeoutError):
                take_back()
                continue
            del out[future], future
            yield done
    finally:
        if out:
            connection.cancel(list(out))


def _outcome(future: Future[Any], task: Task) -> Done[Task, Any]:
    if future.status == "error":
        error = future.exception()
        # Dask's own errors of this kind say that the connection is gone, not that the task failed.
        if isinstance(error, _GONE):
            raise error
        return Done(task, None, error)
    return Done(task, future.result(timeout=_RESULT_SECONDS), None)
