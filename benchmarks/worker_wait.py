"""How long a click waits for an idle worker, and what an idle worker costs.

A worker of its own process takes runs that are put into a new workspace one after the other; each
ends at once, since its training program does nothing. The wait is the time between the moments
that the database holds: when the run was asked for, and when the worker began.

    python benchmarks/worker_wait.py [--runs 20] [--idle 30]

FETAL_DATABASE_URL names a PostgreSQL database to measure instead of SQLite; it has to be empty.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import select

from fetal.jobs.heartbeats import workers
from fetal.store.database import Store
from fetal.store.tables import Run
from fetal.store.workspace import Workspace

WORKER = """
from fetal.store.workspace import Workspace
from fetal.worker import Worker
Worker(Workspace.from_environment(), ["false"]).run()
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--idle", type=float, default=30, help="seconds to watch the idle worker")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FETAL_WORKSPACE"] = folder
        store = Store.open(Workspace.from_environment())
        store.blobs.put("snapshots/none.json", b'{"examples": [], "test": []}')
        with subprocess.Popen([sys.executable, "-c", WORKER]) as worker:
            try:
                while not _workers(store):
                    time.sleep(0.1)
                waits = sorted(_wait(store) for _ in range(asked.runs))
                before = _cpu_seconds(worker.pid)
                time.sleep(asked.idle)
                idle = _cpu_seconds(worker.pid) - before
            finally:
                worker.terminate()
        store.close()
    print(
        f"wait for an idle worker: median {statistics.median(waits):.2f} s, most {waits[-1]:.2f} s"
    )
    print(f"an idle worker: {1000 * idle / asked.idle:.1f} ms of CPU a second")


def _workers(store: Store) -> int:
    with store.reading() as session:
        return len(workers(session))


def _wait(store: Store) -> float:
    """Put a run into the database, and return how long it waited for the worker, in seconds."""
    with store.session() as session:
        run = Run(
            status="queued",
            slot=1,
            settings={},
            snapshot="snapshots/none.json",
            snapshot_counts={},
            who="Ann",
        )
        session.add(run)
        session.flush()
        number = run.id
    while True:
        with store.reading() as session:
            row = session.scalars(select(Run).where(Run.id == number)).one()
        if row.ended_at is not None and row.started_at is not None:
            return (row.started_at - row.asked_at).total_seconds()
        time.sleep(0.05)


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, from Linux's /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
