"""A machine that only trains: Keras with a backend, numpy, OpenCV, Pillow and scipy, no more."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fetal.bundle import Bundle
from fetal.planes import FETAL_PLANES
from fetal.training.events import EpochDone, OnEvent, TrainingEvent
from fetal.training.model_card import About
from fetal.training.settings import Stage
from tests.training.conftest import phantom_example
from tests.training.tiny_network import TINY, use_tiny_network

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from pathlib import Path

absent = ("openvino", "sqlalchemy", "alembic", "pydicom", "click", "yaml", "streamlit", "fsspec")
sys.modules.update(dict.fromkeys(absent))

from fetal.third_party import load_keras
load_keras()
assert "sklearn" not in sys.modules, "Keras's wrappers of scikit-learn were imported"

from fetal.training.events import EpochDone
from fetal.training.features import frozen_backbone
from fetal.training.pipeline import train_network
from fetal.training.settings import Stage
from tests.training.tiny_network import TINY, tiny_splits, use_tiny_network
from _pytest.monkeypatch import MonkeyPatch

use_tiny_network(MonkeyPatch())
stages = (Stage("Last layer", "head", 1, 1e-3), Stage("All layers", "all", 2, 1e-3))
events = []
train_network(tiny_splits(), TINY.but(stages=stages), Path(sys.argv[1]), events.append)
print([event.stage for event in events if isinstance(event, EpochDone)])
"""


def test_a_network_is_trained_where_little_is_installed(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.strip() == "['Last layer', 'All layers', 'All layers']", result.stderr


HALF = """
import sys
from pathlib import Path

sys.modules["openvino"] = None
from _pytest.monkeypatch import MonkeyPatch
from tests.training.test_lean_machine import train_phantoms
from tests.training.tiny_network import use_tiny_network

use_tiny_network(MonkeyPatch())
train_phantoms(Path(sys.argv[1]), lambda event: None)
"""


def train_phantoms(folder: Path, on_event: OnEvent) -> Bundle:
    from fetal.training.pipeline import train

    examples = [
        phantom_example(plane, seed, "train" if seed < 2 else "validation")
        for plane in FETAL_PLANES[:2]
        for seed in range(3)
    ]
    settings = TINY.but(stages=(Stage("All layers", "all", 2, 1e-3),), dropout=0.2)
    return train(examples, settings, folder, on_event, about=About("lean"))


def test_what_was_trained_without_openvino_is_written_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = subprocess.run(
        [sys.executable, "-c", HALF, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "NoOpenVINOError: The network is trained" in result.stderr
    use_tiny_network(monkeypatch)
    events: list[TrainingEvent] = []
    bundle = train_phantoms(tmp_path, events.append)
    assert not [event for event in events if isinstance(event, EpochDone)]
    with np.load(tmp_path / "best.npz") as file:
        kernel = file["0000"]
    assert np.allclose(bundle.variables()["block1_conv1/kernel"], kernel, atol=1e-3)
