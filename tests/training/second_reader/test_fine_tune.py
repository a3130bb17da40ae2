import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from fetal.planes import Plane
from fetal.training.divergence import DivergedError
from fetal.training.events import EpochDone, TrainingEvent
from fetal.training.second_reader import fine_tune as fine_tune_module
from fetal.training.second_reader.fine_tune import READER, fine_tune
from fetal.training.second_reader.reader_batches import ReaderScans
from fetal.training.second_reader.reader_network import load_reader, weights_of
from fetal.training.second_reader.reader_settings import SecondReaderSettings
from tests.training.second_reader.authors_file import authors_file

SETTINGS = SecondReaderSettings(
    learn="conv5", epochs=2, batch=2, learning_rate=1e-3, distillation=0.5, fragments=0.5
)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> keras.Model:
    # Random weights of the authors' layout: those of Keras give nearly the same to every scan.
    path = tmp_path_factory.mktemp("start") / "sononet16.npz"
    np.savez(path, **authors_file())
    return load_reader(path)


@pytest.fixture(scope="module")
def scans() -> ReaderScans:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 224, 288)).astype(np.uint8)
    pixels[::2, 60:160, 60:160] //= 4
    return ReaderScans.of(pixels, [Plane.BRAIN, Plane.FEMUR, Plane.THORAX, None])


def changed(one: keras.Model, other: keras.Model) -> set[str]:
    """Names of layers whose weights are others, by more than rounding."""
    ours, theirs = weights_of(one), weights_of(other)
    return {
        name.partition("/")[0]
        for name, value in ours.items()
        if not np.allclose(value, theirs[name], rtol=1e-3, atol=1e-6)
    }


def test_what_is_to_learn_learns_and_the_rest_stays(
    start: keras.Model, scans: ReaderScans, tmp_path: Path
) -> None:
    events: list[TrainingEvent] = []
    reader = fine_tune(start, scans, SETTINGS, tmp_path, events.append, validation=scans)
    assert changed(reader, start) == {"conv5_1_conv", "conv5_2_conv", "conv5_3_conv"} | {
        "conv6_conv",
        "head",
    }
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert [event.epoch for event in epochs] == [1, 2]
    assert epochs[1].val_loss is not None
    assert epochs[1].val_accuracy is not None
    # A finished run is not run again.
    again = fine_tune(start, scans, SETTINGS, tmp_path, events.append)
    assert changed(again, reader) == set()
    assert len([event for event in events if isinstance(event, EpochDone)]) == 2


def stop_after(epoch: int) -> Callable[[TrainingEvent], None]:
    def stop(event: TrainingEvent) -> None:
        if isinstance(event, EpochDone) and event.epoch == epoch:
            raise KeyboardInterrupt

    return stop


def test_a_killed_run_comes_to_the_same_end(
    start: keras.Model, scans: ReaderScans, tmp_path: Path
) -> None:
    settings = SETTINGS.but(learn="head", distillation=0.0)
    whole = fine_tune(start, scans, settings, tmp_path / "whole", lambda event: None)
    with pytest.raises(KeyboardInterrupt):
        fine_tune(start, scans, settings, tmp_path / "killed", stop_after(1))
    gone_on = fine_tune(start, scans, settings, tmp_path / "killed", lambda event: None)
    for name, value in weights_of(whole).items():
        np.testing.assert_allclose(weights_of(gone_on)[name], value, rtol=2e-3, atol=1e-5)


def test_kept_weights_come_back(start: keras.Model, scans: ReaderScans, tmp_path: Path) -> None:
    settings = SETTINGS.but(learn="head", epochs=1, keep=1.0)
    assert changed(fine_tune(start, scans, settings, tmp_path, lambda event: None), start) == set()


def test_the_more_it_is_to_remember_the_nearer_it_stays(
    start: keras.Model, scans: ReaderScans, tmp_path: Path
) -> None:
    given = scans.pixels[..., None].astype(np.float32)
    before = keras.ops.softmax(start(given)[1])
    moved = []
    for distillation in (0.0, 10.0):
        settings = SETTINGS.but(learn="head", learning_rate=1e-2, distillation=distillation)
        folder = tmp_path / f"{distillation}"
        reader = fine_tune(start, scans, settings, folder, lambda event: None)
        after = keras.ops.softmax(reader(given)[1])
        moved.append(float(keras.ops.mean(keras.ops.abs(after - before))))
    assert moved[1] < 0.6 * moved[0]


def test_a_training_that_diverges_says_so(
    start: keras.Model,
    scans: ReaderScans,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fine_tune_module, "cosine_rate", lambda highest, steps: float("nan"))
    settings = SETTINGS.but(learn="head", distillation=0.0)
    with pytest.raises(DivergedError, match="lower learning rate"):
        fine_tune(start, scans, settings, tmp_path, lambda event: None)
    assert not (tmp_path / READER).exists()


def test_it_trains_where_no_scan_can_be_read_and_nothing_can_be_served() -> None:
    program = """
import sys
for name in ("openvino", "sqlalchemy", "pydicom", "pandas", "streamlit", "PIL"):
    sys.modules[name] = None
import fetal.training.second_reader.fine_tune
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=os.environ
    )
    assert result.returncode == 0, result.stderr
