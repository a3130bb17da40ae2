"""The training program itself, started by a supervisor on a snapshot as the app freezes one."""

import json
import sys
from hashlib import sha256

import pytest

from fetal.phantom import simulate
from fetal.planes import FETAL_PLANES
from fetal.scans import encode_png, pixel_digest
from fetal.training.settings import Stage, TrainingSettings
from tests.jobs.test_held_out import everything_in, named

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


@pytest.fixture
def snapshot(site):
    """Twelve simulated patients to learn from, and three that are held out."""
    lists = {"examples": [], "test": []}
    for number in range(15):
        plane = FETAL_PLANES[number % 3]
        split = "test" if number >= 12 else "validation" if number >= 9 else "train"
        pixels = simulate(plane, number, size=(96, 128)).pixels
        digest = pixel_digest(pixels)
        entry = {
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


def test_a_training_that_diverges_says_so_and_makes_no_challenger(site, snapshot):
    site.train_with(PROGRAM)
    run = site.run()
    assert (run.status, run.slot) == ("failed", None)
    assert run.reason.startswith("The training diverged")
    assert "Train with a lower learning rate." in run.reason
    assert site.model() is None
    # What it leaves on the machine is of the scans that it learnt from only.
    left = everything_in(site.workspace.folder / "runs" / str(site.run_id))
    for name in ("digest", "blob", "patient"):
        assert named(left, {entry[name] for entry in snapshot["examples"]})
        assert named(left, {entry[name] for entry in snapshot["test"]}) == set()
