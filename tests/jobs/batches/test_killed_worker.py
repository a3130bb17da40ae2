"""A worker is killed in the middle of a batch job; another try goes on where it stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select

from fetal.jobs.batches.batch_queue import GONE
from fetal.predict import shipped_folder
from fetal.scans import encode_png, find_sector, pixel_digest
from fetal.store.states import RunState
from fetal.store.tables import Patient, PredictionRow, ScanRow
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.batches.ask_for_batches import ask_for_archive, ask_for_library, table
from fetal.workbench.batches.batch_list import BatchView, batch_job
from fetal.workbench.batches.steer_batches import repeat_batch
from tests.support.begun import begin
from tests.support.drawn import fan
from tests.support.tiny_second_reader import tiny_model_with_second_reader
from tests.support.waiting import alive, until

pytestmark = pytest.mark.slow

Start = Callable[[], "subprocess.Popen[bytes]"]

FILES = 1280
SCANS = 160


@pytest.fixture
def start_worker(workbench: Workbench) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        settings = {"FETAL_WORKSPACE": str(workbench.workspace.folder)}
        command = [str(Path(sys.executable).with_name("fetal")), "worker"]
        started.append(subprocess.Popen(command, env=os.environ | settings))
        return started[-1]

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


@pytest.fixture
def workbench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Workbench]:
    monkeypatch.setenv("FETAL_MODEL", str(request.param))
    opened = open_workbench(Workspace.at(begin(tmp_path / "workspace")))
    yield opened
    opened.close()


def kill(worker: "subprocess.Popen[bytes]") -> None:
    """Kill a worker alone; what it started has to end by itself."""
    below = [one.pid for one in psutil.Process(worker.pid).children(recursive=True)]
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    until(lambda: not [number for number in below if alive(number)], 60)


def go_on(workbench: Workbench, name: str, start_worker: Start) -> BatchView:
    """Have another worker find that the first is gone, and try again."""
    assert batch_job(workbench, name).status is RunState.RUNNING
    start_worker()
    gone = until(lambda: ended(workbench, name), 60)
    assert (gone.status, gone.reason, gone.may_repeat) == (RunState.FAILED, GONE, True)
    return repeat_batch(workbench, name, "Ann")


def ended(workbench: Workbench, name: str) -> BatchView | None:
    found = batch_job(workbench, name)
    return None if found.is_active else found


@pytest.mark.parametrize(
    "workbench", [tiny_model_with_second_reader().folder], indirect=True, ids=["tiny"]
)
def test_an_archive_goes_on_where_its_killed_worker_stopped(
    workbench: Workbench, start_worker: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    pictures = [encode_png(fan(number)) for number in range(8)]
    for number in range(FILES):
        (archive / f"{number:04}.png").write_bytes(pictures[number % 8])
    monkeypatch.setenv("FETAL_IMPORT_FOLDERS", str(tmp_path))
    name = ask_for_archive(workbench, str(archive), "Ann").name
    worker = start_worker()
    until(lambda: batch_job(workbench, name).progress.done, 120)
    kill(worker)
    [folder] = (workbench.workspace.folder / "batches").glob("*.parts")
    kept = {part.name: part.stat().st_mtime_ns for part in (folder / "parts").glob("*.parquet")}
    assert 0 < len(kept) < FILES / 64

    go_on(workbench, name, start_worker)
    until(lambda: batch_job(workbench, name).progress.done > 64 * len(kept), 120)
    # Parts are written in order: one that was done again would be younger by now.
    assert {part: (folder / "parts" / part).stat().st_mtime_ns for part in kept} == kept
    done = until(lambda: ended(workbench, name), 240)
    assert (done.status, done.progress.done) == (RunState.DONE, FILES)
    names = pq.read_table(table(workbench, name, "Ann"))["source"].to_pylist()
    assert sorted(names) == [f"{number:04}.png" for number in range(FILES)]
    assert not folder.exists()


@pytest.mark.parametrize("workbench", [shipped_folder()], indirect=True, ids=["shipped"])
def test_the_library_goes_on_where_its_killed_worker_stopped(
    workbench: Workbench, start_worker: Start
) -> None:
    store_scans(workbench)
    name = ask_for_library(workbench, "Ann").name
    worker = start_worker()
    until(lambda: predicted(workbench), 120)
    kill(worker)
    before = predicted(workbench)
    assert 0 < before < SCANS

    go_on(workbench, name, start_worker)
    # The second worker has no more to do than what the first one left.
    until(lambda: batch_job(workbench, name).progress.total == SCANS - before, 120)
    done = until(lambda: ended(workbench, name), 240)
    assert (done.status, done.progress.done) == (RunState.DONE, SCANS)
    assert predicted(workbench) == SCANS
    rows = pq.read_table(table(workbench, name, "Ann")).to_pylist()
    assert len({row["source"] for row in rows}) == len(rows) == SCANS
    assert not [row for row in rows if row["error"]]


def store_scans(workbench: Workbench) -> None:
    """Store scans that no model has predicted yet."""
    with workbench.store.session() as session:
        session.add(Patient(id="P-1", named=True, split="train"))
        for number in range(SCANS):
            pixels = fan(number)
            box = find_sector(pixels).box
            digest = pixel_digest(pixels)
            blob = f"scans/{digest[:2]}/{digest}.png"
            workbench.store.blobs.put(blob, encode_png(pixels))
            session.add(
                ScanRow(
                    digest=digest,
                    name=f"S-{digest[:16]}",
                    patient_id="P-1",
                    source="upload",
                    width=pixels.shape[1],
                    height=pixels.shape[0],
                    sector=list(box),
                    blob=blob,
                    added_by="Ann",
                )
            )


def predicted(workbench: Workbench) -> int:
    with workbench.store.reading() as session:
        return session.scalar(select(func.count()).select_from(PredictionRow)) or 0
