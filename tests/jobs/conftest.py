import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import select

from fetal.jobs.heartbeats import Heartbeat, workers
from fetal.jobs.supervisor import Supervisor
from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.scans import encode_png, pixel_digest
from fetal.store.database import Store
from fetal.store.table_base import now
from fetal.store.tables import ModelVersion, Patient, Run, RunEvent, ScanRow
from fetal.store.workspace import Workspace
from tests.support.begun import begin
from tests.support.tiny_model import tiny_model

STAND_IN = Path(__file__).with_name("stand_in.py")

Supervise = Callable[[str], None]
"""Takes the site's run to its end, with a stand-in of a mode."""


class InBackground(Protocol):
    """Starts a supervisor, with a stand-in of a mode, in a thread."""

    def __call__(self, mode: str, stopping: threading.Event | None = None) -> threading.Thread: ...


def entry(scan: int, digest: str, patient: str, split: str) -> dict[str, Any]:
    """A scan as a frozen list holds it."""
    blob = f"scans/{digest[:2]}/{digest}.png"
    return {
        "scan": scan,
        "digest": digest,
        "blob": blob,
        "box": [0, 0, 160, 120],
        "plane": "brain",
        "patient": patient,
        "split": split,
    }


class Site:
    """A workspace with a champion, one test scan and a run that waits."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace.at(begin(folder))
        self.store = Store.open(self.workspace)
        parent = tiny_model(1)
        self.store.blobs.put_folder("models/shipped-test", parent.folder)
        pixels = simulate(Plane.BRAIN, 3, size=(120, 160)).pixels
        self.digest = pixel_digest(pixels)
        self.blob = f"scans/{self.digest[:2]}/{self.digest}.png"
        self.store.blobs.put(self.blob, encode_png(pixels))
        with self.store.session() as session:
            session.add(Patient(id="P-1", named=True, split="test"))
            session.flush()
            scan = ScanRow(
                digest=self.digest,
                name="S-aaaa",
                patient_id="P-1",
                source="upload",
                width=160,
                height=120,
                sector=[0, 0, 160, 120],
                blob=self.blob,
                added_by="Ada",
            )
            version = ModelVersion(
                name="shipped", digest=parent.digest, location="models/shipped-test", card={}
            )
            session.add_all([scan, version])
            session.flush()
            self.scan, self.parent = scan.id, version.id
        self.examples = [entry(self.scan + 1, "b" * 64, "P-2", "train")]
        self.test = [entry(self.scan, self.digest, "P-1", "test")]
        content = json.dumps({"examples": self.examples, "test": self.test}).encode()
        self.snapshot = f"snapshots/{sha256(content).hexdigest()}.json"
        self.store.blobs.put(self.snapshot, content)
        self.run_id = self.add_run()

    def add_run(self) -> int:
        with self.store.session() as session:
            row = Run(
                status="queued",
                slot=1,
                settings={},
                snapshot=self.snapshot,
                snapshot_counts={},
                parent_id=self.parent,
                who="Ada",
            )
            session.add(row)
            session.flush()
            return row.id

    def run(self, run_id: int | None = None) -> Run:
        with self.store.reading() as session:
            return session.get_one(Run, run_id or self.run_id)

    def change(self, **values: object) -> None:
        with self.store.session() as session:
            for key, value in values.items():
                setattr(session.get_one(Run, self.run_id), key, value)

    def workers(self) -> list[Heartbeat]:
        with self.store.reading() as session:
            return workers(session)

    def texts(self) -> list[Any]:
        return [event.payload.get("text") for event in self.events()]

    def events(self, *kinds: str) -> list[RunEvent]:
        with self.store.reading() as session:
            rows = session.scalars(select(RunEvent).order_by(RunEvent.id))
            return [row for row in rows if not kinds or row.kind in kinds]

    def model(self) -> ModelVersion | None:
        query = select(ModelVersion).where(ModelVersion.run_id == self.run_id)
        with self.store.reading() as session:
            return session.scalars(query).one_or_none()

    def made(self) -> ModelVersion:
        """The model that the run made; there has to be one."""
        model = self.model()
        assert model is not None
        return model

    def starts(self) -> list[int]:
        path = self.workspace.folder / "runs" / str(self.run_id) / "starts.txt"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def supervisor(self, mode: str, stopping: threading.Event | None = None) -> Supervisor:
        stopping = stopping or threading.Event()
        return Supervisor(self.store, "worker", stopping, self.command(mode))

    def train_with(self, command: Sequence[str]) -> None:
        Supervisor(self.store, "worker", command=command).supervise(self.run_id)

    def command(self, mode: str) -> list[str]:
        return [sys.executable, str(STAND_IN), mode, str(tiny_model(2, "v2 · today").folder)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    place = Site(tmp_path / "workspace")
    yield place
    place.store.close()


@pytest.fixture
def long_ago() -> datetime:
    return now() - timedelta(minutes=1)


@pytest.fixture
def supervise(site: Site) -> Supervise:
    return lambda mode: site.supervisor(mode).supervise(site.run_id)


@pytest.fixture
def in_background(site: Site) -> Iterator[InBackground]:
    """Starts a supervisor beside the test; whatever it does, it ends with the test."""
    started: list[tuple[Supervisor, threading.Thread]] = []

    def start(mode: str, stopping: threading.Event | None = None) -> threading.Thread:
        supervisor = site.supervisor(mode, stopping)
        thread = threading.Thread(target=supervisor.supervise, args=(site.run_id,))
        started.append((supervisor, thread))
        thread.start()
        return thread

    yield start
    for supervisor, thread in started:
        supervisor.stopping.set()
        thread.join(20)
        assert not thread.is_alive()
