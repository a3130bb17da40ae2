"""Runs of a sweep in processes of their own, so that the memory that they fill comes back."""

import logging
import multiprocessing
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from fetal.experiments.sweep import SweepError
from fetal.experiments.trial import Job, TrialResult, attempt

RUNS_A_PROCESS = 4
"""TensorFlow keeps half a gigabyte of every ResNet50 that a process has trained, and a new process
takes seconds to start."""


def in_processes(jobs: Iterable[Job]) -> Iterator[TrialResult]:
    """Do runs one after the other, a few to a process.

    Args:
        jobs: taken one at a time.

    Yields:
        The outcome of each, in their order.

    Raises:
        SweepError: a process was killed, most likely for want of memory.
        ValueError: a run cannot be done.
    """
    # Spawned, since TensorFlow hangs in a forked process.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        1, context, initializer=_begin, max_tasks_per_child=RUNS_A_PROCESS
    ) as pool:
        for job in jobs:
            # One at a time: in a Python older than July 2026, a pool that renews its processes
            # may stand still for ever once jobs wait in it (python/cpython issue 115634).
            try:
                yield pool.submit(attempt, job).result()
            except BrokenProcessPool as error:
                raise SweepError(
                    "The process of a run was killed, most likely because the machine ran out of "
                    "memory. Choose a smaller size or batch, or close other programs, and give the "
                    "command again: it goes on where it stopped."
                ) from error


def _begin() -> None:
    # It would warn that every network is traced anew, which is what a sweep is.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed sweep leaves nobody behind who would write where its successor goes on."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(3)
