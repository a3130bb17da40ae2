"""The training program itself, started by a supervisor on a snapshot as the app freezes one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fetal.phantom import simulate
from fetal.planes import FETAL_PLANES
from fetal.scans import encode_png, pixel_digest
from fetal.store.tables import ModelVersion, Run
from fetal.training.settings import Stage, TrainingSettings
from tests.jobs.conftest import Site
from tests.jobs.test_held_out import everything_in, named
from tests.support.waiting import until

RUNAWAY = TrainingSettings(
    architecture="vgg19",
    size=32,
    start="nothing",
    stages=(Stage("All layers", "all", 9, 10.0),),
    optimizer="plain_sgd",
    batch=8,
    mixed_precision=False,
    cache_features=False,
)
PROGRAM = (sys.executable, "-m", "fetal.training.process")

Snapshot = dict[str, list[dict[str, Any]]]


@pytest.fixture
def snapshot(site: Site) -> Snapshot:
    """Twelve simulated patients to learn from, and three that are held out."""
    lists: Snapshot = {"examples": [], "test": []}
    for number in range(15):
        plane = FETAL_PLANES[number % 3]
        split = "test" if number >= 12 else "validation" if number >= 9 else "train"
        pixels = simulate(plane, number, size=(96, 128)).pixels
        digest = pixel_digest(pixels)
        entry: dict[str, Any] = {
            "scan": site.scan if split == "test" else 100 + number,
            "digest": digest,
            "blob": f"scans/{digest[:2]}/{digest}.png",
            "box": [0, 0, 128, 96],
            "plane": plane.value,
            "patient": f"P-{number:016x}",
            "split": split,
        }
        site.store.blobs.put(entry["blob"], encode_png(pixels))
        lists["test" if split == "test" else "examples"].append(entry)
    content = json.dumps(lists).encode()
    key = f"snapshots/{sha256(content).hexdigest()}.json"
    site.store.blobs.put(key, content)
    site.change(snapshot=key, settings=RUNAWAY.to_json(), parent_id=None)
    return lists


def test_a_training_that_diverges_says_so_and_makes_no_challenger(
    site: Site, snapshot: Snapshot
) -> None:
    site.train_with(PROGRAM)
    run = site.run()
    assert (run.status, run.slot) == ("failed", None)
    assert run.reason is not None
    assert run.reason.startswith("The training diverged")
    assert "Train with a lower learning rate." in run.reason
    assert site.model() is None
    # What it leaves on the machine is of the scans that it learnt from only.
    left = everything_in(site.workspace.folder / "runs" / str(site.run_id))
    for name in ("digest", "blob", "patient"):
        assert named(left, {entry[name] for entry in snapshot["examples"]})
        assert named(left, {entry[name] for entry in snapshot["test"]}) == set()


SHORT = RUNAWAY.but(
    architecture="sononet16", size=64, stages=(Stage("All layers", "all", 3, 1e-3),)
)
WORKER = Path(__file__).with_name("worker_process.py")


@pytest.fixture
def on_gpu(site: Site, tmp_path: Path) -> Iterator[Callable[[int], None]]:
    """Starts a worker on one of two GPUs; what computes in fact is this computer's processor."""
    driver = tmp_path / "driver" / "nvidia-smi"
    driver.parent.mkdir()
    driver.write_text("#!/bin/sh\necho NVIDIA H100\necho NVIDIA H100\n")
    driver.chmod(0o755)
    started: list[subprocess.Popen[bytes]] = []

    def start(number: int) -> None:
        path = f"{driver.parent}{os.pathsep}{os.environ['PATH']}"
        settings = {"PATH": path, "CUDA_VISIBLE_DEVICES": str(number)}
        command = [sys.executable, str(WORKER), str(site.workspace.folder), *PROGRAM]
        started.append(subprocess.Popen(command, env=os.environ | settings))

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


def told(moment: datetime | None) -> datetime:
    assert moment is not None
    return moment


@pytest.mark.slow
def test_two_devices_train_at_once_and_both_trainings_end_with_a_model(
    site: Site, snapshot: Snapshot, on_gpu: Callable[[int], None]
) -> None:
    first = site.run_id
    site.change(settings=SHORT.to_json())
    with site.store.session() as session:
        said = session.get_one(Run, first)
        other = Run(
            settings=SHORT.but(seed=7).to_json(),
            **{name: getattr(said, name) for name in ("status", "snapshot", "snapshot_counts")},
            who="Ben",
            slot=2,
        )
        session.add(other)
        session.flush()
        second = other.id
    for number in (0, 1):
        on_gpu(number)
    until(lambda: all(site.run(one).ended_at for one in (first, second)), 240)
    ended = [site.run(one) for one in (first, second)]
    assert [(run.status, run.attempts, run.reason) for run in ended] == [("done", 1, None)] * 2
    assert len({run.worker for run in ended}) == 2
    assert max(told(run.started_at) for run in ended) < min(told(run.ended_at) for run in ended)
    with site.store.reading() as session:
        made = session.scalars(select(ModelVersion).where(ModelVersion.run_id.is_not(None))).all()
    assert {model.run_id for model in made} == {first, second}
    assert len({model.digest for model in made}) == 2
