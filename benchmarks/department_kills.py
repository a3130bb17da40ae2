"""Kills apps, the worker, the training, Dask and the database's processes again and again.

A department runs as `tests/deployment/department.py` starts it: two apps behind nginx, PostgreSQL,
a worker in a folder of its own, and a Dask scheduler with a worker of its own. People label all the
while, through the workbench and so through the same transactions as the pages; trainings are
started, one after the other; and batch jobs are (the library as a table, the search for copies,
what follows a promotion), and tried again where their program was killed. Each kill is SIGKILL. A
database process that is killed has PostgreSQL end all connections and recover, as after
a power cut of the server; the process that recovers is left alone, as without it the server ends.
What was killed is started again, as systemd would.

It prints how many labels were confirmed, how many of them are gone, how many trainings and jobs
ended and how, and whether one is still called running or waiting when nobody works on it any more.

    python benchmarks/department_kills.py [--kills 300] [--pause 1.0] [--seed 1]
"""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from department_parts.kept_jobs import KeptJobs
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from fetal.phantom import simulate
from fetal.planes import PLANES
from fetal.scans import encode_png
from fetal.store.tables import Annotation
from fetal.training.settings import PRESETS
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.annotations.review import annotate
from fetal.workbench.batches.steer_batches import CannotRepeatError
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest.files import UploadedFile
from fetal.workbench.ingest.upload import add_samples, add_scans
from fetal.workbench.retraining import service
from tests.deployment.department import FETAL, Department, department
from tests.support.listening import free_port

SMALL = PRESETS["default"].but(
    start="nothing", architecture="sononet16", size=64, stages=PRESETS["default"].stages[:1]
)

SCANS = 60
"""Stored besides the samples, so that a job takes some seconds."""


class Reader(threading.Thread):
    """Somebody who labels one scan after the other, and remembers what was confirmed."""

    def __init__(self, workbench: Workbench, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.confirmed: list[int] = []
        self.refused = 0
        self.over = threading.Event()
        self._workbench = workbench

    def run(self) -> None:
        """Label until it is over; what the database refuses is not confirmed."""
        numbers = [scan.id for scan in scans.scans(self._workbench)]
        while not self.over.wait(0.02):
            scan, plane = random.choice(numbers), random.choice(PLANES)
            try:
                self.confirmed.append(annotate(self._workbench, scan, plane, self.name))
            except SQLAlchemyError:
                self.refused += 1


def kill_one(here: Department, chance: random.Random, database: int) -> str:
    """Kill something, and have it started again as systemd would."""
    name = chance.choice(
        ["app-1", "app-2", "worker", "training", "database", "scheduler", "dask worker"]
    )
    if name == "database":
        _kill_among(chance, _children(database, "postgres: fetal"))
    elif name == "training":
        worker = here.processes["worker"].pid
        _kill_among(chance, _children(worker))
    else:
        here.kill(name)
        if name == "worker":
            here.start("worker", FETAL, "worker")
        elif name in ("scheduler", "dask worker"):
            start_dask(here, name)
        else:
            here.start(name, FETAL, "serve", "--no-worker", "--port", str(here.ports[name]))
    return name


def start_dask(here: Department, name: str) -> None:
    """Start the scheduler, or the worker that belongs to it."""
    address = here.environment["FETAL_CLUSTER"]
    quiet = ["--no-dashboard"]
    if name == "scheduler":
        port = address.rpartition(":")[2]
        words = ["scheduler", "--host", "127.0.0.1", "--port", port, *quiet]
    else:
        words = ["worker", address, "--nworkers", "1", "--nthreads", "1", *quiet]
        words += ["--local-directory", str(here.folder), "--death-timeout", "20"]
    here.start(name, sys.executable, "-m", "dask", *words)


def start_ended(here: Department) -> None:
    """Start what ended by itself, as systemd would: a Dask worker whose scheduler was away."""
    if here.processes["dask worker"].poll() is not None:
        start_dask(here, "dask worker")


def _kill_among(chance: random.Random, numbers: list[int]) -> None:
    if numbers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(numbers), signal.SIGKILL)


def _children(number: int, called: str = "") -> list[int]:
    words = ["pgrep", "-P", str(number), *(["-f", called] if called else [])]
    told = subprocess.run(words, capture_output=True, text=True)
    return [int(line) for line in told.stdout.split()]


def keep_training(workbench: Workbench, seed: int) -> None:
    """Start a small training where none waits or works."""
    with contextlib.suppress(SQLAlchemyError, service.RestlessError):
        if not service.active(workbench):
            service.start(workbench, "Cara", SMALL.but(seed=seed))


def await_the_end(
    here: Department, workbench: Workbench, jobs: KeptJobs, seconds: float
) -> list[str]:
    """Wait until nothing waits or works; returns what still does after that time."""
    end = time.monotonic() + seconds
    active: list[str] = []
    while time.monotonic() < end:
        start_ended(here)
        with contextlib.suppress(SQLAlchemyError):
            active = [f"training {run.id}" for run in service.active(workbench)]
            active += [f"job {name}" for name in jobs.settle()]
            if not active:
                break
        time.sleep(1)
    return active


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two kills")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    cluster = f"tcp://127.0.0.1:{free_port()}"
    with (
        tempfile.TemporaryDirectory() as place,
        department(Path(place), FETAL_CLUSTER=cluster) as here,
    ):
        os.environ.update(here.environment)
        own = Path(place) / "readers"
        own.mkdir()
        (own / "pseudonyms.key").write_bytes((Path(place) / "pseudonyms.key").read_bytes())
        os.environ["FETAL_WORKSPACE"] = str(own)
        for name in ("scheduler", "dask worker"):
            start_dask(here, name)
        workbench = open_workbench()
        add_samples(workbench, "Anna")
        # What the labels say does not matter here.
        for place_in_list, scan in enumerate(scans.scans(workbench)):
            annotate(workbench, scan.id, PLANES[place_in_list % 3], "Anna")
        drawn = [
            UploadedFile(f"{n}.png", encode_png(simulate(PLANES[n % 6], n, size=(120, 160)).pixels))
            for n in range(SCANS)
        ]
        add_scans(workbench, drawn, who="Anna", patient="4711")
        jobs = KeptJobs(Path(place) / "worker", own / "pseudonyms.key", here.environment)
        readers = [Reader(workbench, name) for name in ("Anna", "Ben")]
        for reader in readers:
            reader.start()
        killed: Counter[str] = Counter()
        for number in range(chosen.kills):
            keep_training(workbench, number)
            start_ended(here)
            with contextlib.suppress(SQLAlchemyError, CannotRepeatError):
                jobs.keep()
            time.sleep(chosen.pause * chance.uniform(0.5, 1.5))
            killed[kill_one(here, chance, here.database)] += 1
        for reader in readers:
            reader.over.set()
            reader.join(60)
        active = await_the_end(here, workbench, jobs, 900)
        with workbench.store.reading() as session:
            kept = set(session.scalars(select(Annotation.id)))
        confirmed = [number for reader in readers for number in reader.confirmed]
        ended = Counter(str(run.status) for run in service.runs(workbench))
        words = jobs.in_words()
        jobs.close()
        workbench.close()
    print("killed:", ", ".join(f"{name} {count}" for name, count in sorted(killed.items())))
    lost = len(set(confirmed) - kept)
    print(f"{len(confirmed):,} labels confirmed, {lost} of them gone")
    print(f"{sum(reader.refused for reader in readers)} refused while the database was away")
    print("trainings:", ", ".join(f"{state} {count}" for state, count in sorted(ended.items())))
    print(*words, sep="\n")
    print(f"still waiting or running at the end: {active or 'none'}")


if __name__ == "__main__":
    main()
