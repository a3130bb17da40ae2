import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from fetal.jobs.queue import queue
from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.scans import encode_png, pixel_digest
from fetal.store.database import Store
from fetal.store.table_base import now
from fetal.store.tables import ModelVersion, Patient, Run, RunEvent, Scan
from fetal.store.workspace import Workspace
from tests.tiny_model import tiny_model

STAND_IN = Path(__file__).with_name("stand_in.py")


class Site:
    """A workspace with a champion, one test scan and a run that waits."""

    def __init__(self, folder):
        self.workspace = Workspace.at(folder)
        self.store = Store.open(self.workspace)
        self.queue = queue(self.workspace)
        parent = tiny_model(1)
        self.store.blobs.put_folder("models/shipped-test", parent.folder)
        pixels = simulate(Plane.BRAIN, 3, size=(120, 160)).pixels
        self.store.blobs.put("scans/a.png", encode_png(pixels))
        with self.store.session() as session:
            session.add(Patient(id="P-1", named=True, side="test"))
            session.flush()
            scan = Scan(
                digest=pixel_digest(pixels),
                name="S-aaaa",
                patient_id="P-1",
                source="upload",
                width=160,
                height=120,
                sector=[0, 0, 160, 120],
                blob="scans/a.png",
                added_by="Ada",
            )
            version = ModelVersion(
                name="shipped", digest=parent.digest, location="models/shipped-test", card={}
            )
            session.add_all([scan, version])
            session.flush()
            self.scan, self.parent = scan.id, version.id
        snapshot = {"examples": [], "test": [{"scan": self.scan}]}
        self.store.blobs.put("snapshots/one.json", json.dumps(snapshot).encode())
        self.run_id = self.add_run()

    def add_run(self):
        with self.store.session() as session:
            row = Run(
                status="queued",
                seat=1,
                settings={},
                snapshot="snapshots/one.json",
                snapshot_counts={},
                parent_id=self.parent,
                who="Ada",
            )
            session.add(row)
            session.flush()
            return row.id

    def run(self, run_id=None):
        with self.store.reading() as session:
            return session.get_one(Run, run_id or self.run_id)

    def change(self, **values):
        with self.store.session() as session:
            for key, value in values.items():
                setattr(session.get_one(Run, self.run_id), key, value)

    def texts(self):
        return [event.payload.get("text") for event in self.events()]

    def events(self, *kinds):
        with self.store.reading() as session:
            rows = session.scalars(select(RunEvent).order_by(RunEvent.id))
            return [row for row in rows if not kinds or row.kind in kinds]

    def model(self):
        query = select(ModelVersion).where(ModelVersion.run_id == self.run_id)
        with self.store.reading() as session:
            return session.scalars(query).one_or_none()

    def starts(self):
        path = self.workspace.folder / "runs" / str(self.run_id) / "starts.txt"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def command(self, mode):
        return [sys.executable, str(STAND_IN), mode, str(tiny_model(2, "v2 · today").folder)]


@pytest.fixture
def site(tmp_path):
    place = Site(tmp_path / "workspace")
    yield place
    place.store.close()


@pytest.fixture
def long_ago():
    return now() - timedelta(minutes=1)
