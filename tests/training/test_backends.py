"""The other backends of Keras train as TensorFlow does."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_training_passes_the_same_tests_with_another_backend(backend: str) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: `pip install {backend}` lets this test run")
    # A process of its own: Keras chooses its backend once.
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "tests/training/test_pipeline.py",
            "tests/training/second_reader/test_fine_tune.py",
        ],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:]
    assert " passed" in result.stdout
    assert "skipped" not in result.stdout


SPREAD = """
import json
import sys
from pathlib import Path

import keras

from _pytest.monkeypatch import MonkeyPatch
from fetal.training.events import EpochDone
from fetal.training.pipeline import train_network
from fetal.training.settings import Stage
from tests.training.tiny_network import TINY, tiny_splits, use_tiny_network

use_tiny_network(MonkeyPatch())
stages = (Stage("Last layer", "head", 2, 1e-3), Stage("All layers", "all", 3, 1e-3))
events = []
train_network(tiny_splits(), TINY.but(stages=stages), Path(sys.argv[1]), events.append)
spread = keras.distribution.distribution()
losses = [event.val_loss for event in events if isinstance(event, EpochDone)]
print(json.dumps([spread is not None and spread.device_mesh.shape[0], losses]))
"""


@pytest.mark.slow
def test_two_devices_train_together_as_one_does(tmp_path: Path) -> None:
    if find_spec("jax") is None:
        pytest.skip("jax is not installed: `pip install jax` lets this test run")
    figures = []
    for devices in (1, 2):
        folder = tmp_path / str(devices)
        folder.mkdir()
        settings = {"KERAS_BACKEND": "jax", "FETAL_TRAINING_DEVICES": str(devices)}
        # JAX then shows two devices on any processor.
        settings["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
        result = subprocess.run(
            [sys.executable, "-c", SPREAD, str(folder)],
            cwd=ROOT,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr[-4000:]
        used, losses = json.loads(result.stdout.splitlines()[-1])
        assert used == (devices if devices > 1 else False)
        figures.append(losses)
    assert figures[0] == pytest.approx(figures[1], rel=1e-3)


def test_several_devices_want_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    from fetal.training.networks.compute_device import DevicesError, spread

    monkeypatch.setattr("keras.backend.backend", lambda: "tensorflow")
    spread(1)
    with pytest.raises(DevicesError, match="with JAX alone: set KERAS_BACKEND to jax"):
        spread(2)
