"""A training, from labelled scans to a model: what it keeps, tells and survives."""

from pathlib import Path

import keras
import numpy as np
import pytest

from fetal.planes import Plane
from fetal.scans.similarity.perceptual_hash import from_texts
from fetal.training.data.examples import Example, UnfitExamplesError, hash_of
from fetal.training.divergence import DivergedError
from fetal.training.events import EpochDone, LogLine, StageBegun, TrainingEvent
from fetal.training.model_card import About
from fetal.training.networks.compute_device import own_precision
from fetal.training.networks.from_bundle import restore
from fetal.training.pipeline import train
from fetal.training.settings import Stage
from fetal.training.stages.checkpoint import load_position
from tests.training.conftest import SMALL, Training, phantom_example
from tests.training.tiny_network import TINY, use_tiny_network


class Killed(BaseException):
    """Stands for a kill: nothing in the pipeline may catch it."""


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_network(monkeypatch, normalised=True)


def test_the_card_says_what_the_model_was_trained_on(
    training: Training, examples: list[Example]
) -> None:
    origin = training.bundle.card.training
    assert origin["scans"] == 24
    assert origin["patients"] == 24
    assert origin["splits"] == {"train": 16, "validation": 8}
    assert training.bundle.trained_on() == {example.digest for example in examples}
    looks = from_texts([hash_of(example) for example in examples])
    assert training.bundle.training_list().alike(looks).all()
    assert training.bundle.card.metrics["validation"]["n"] == 8


def test_keras_computes_afterwards_as_it_did_before(training: Training) -> None:
    assert "Computing on" in training.said(LogLine)[0].text
    assert keras.config.dtype_policy().name == "float32"
    with own_precision():
        keras.config.set_dtype_policy("mixed_bfloat16")
    assert keras.config.dtype_policy().name == "float32"


def test_it_tells_every_stage_and_epoch(training: Training) -> None:
    stages = [event.stage for event in training.said(StageBegun)]
    assert stages[1:3] == ["Head", "Upper layers"]
    assert [event.index for event in training.said(StageBegun)] == [1, 2, 3, 4, 5]
    points = [(event.stage, event.epoch) for event in training.said(EpochDone)]
    assert points == [("Head", 1), ("Head", 2), ("Upper layers", 1), ("Upper layers", 2)]


def test_asked_again_a_finished_run_gives_its_model(
    training: Training, examples: list[Example]
) -> None:
    again = train(examples, SMALL, training.folder, lambda _: None, about=About("small"))
    assert again.digest == training.bundle.digest


def test_the_card_says_on_what_and_how_long_it_trained(training: Training) -> None:
    said = training.bundle.card.training
    assert said["computed_on"].startswith(("CPU", "GPU"))
    assert 0 <= said["minutes"] < 60


def test_killed_after_an_epoch_it_goes_on_from_there(
    examples: list[Example], tmp_path: Path
) -> None:
    settings = TINY.but(stages=(Stage("Upper layers", "block5", 3, 1e-4),))

    def die_after_second_epoch(event: TrainingEvent) -> None:
        if isinstance(event, EpochDone) and event.epoch == 2:
            raise Killed

    with pytest.raises(Killed):
        train(examples, settings, tmp_path, die_after_second_epoch, about=About("killed"))
    events: list[TrainingEvent] = []
    bundle = train(examples, settings, tmp_path, events.append, about=About("killed"))
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [3]
    assert bundle.card.name == "killed"
    # Nobody knows how long both took together.
    assert bundle.card.training["minutes"] is None


def test_retraining_starts_with_exactly_what_the_champion_serves(
    training: Training, examples: list[Example], tmp_path: Path
) -> None:
    still = SMALL.but(start="champion", size=96, stages=(Stage("Head", "head", 1, 0.0),))
    challenger = train(
        examples,
        still,
        tmp_path,
        lambda _: None,
        about=About("challenger"),
        champion=training.bundle,
    )
    assert challenger.card.parent == training.bundle.digest
    assert challenger.card.input.size == SMALL.size
    before, after = training.bundle.variables(), challenger.variables()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_a_stage_changes_only_the_layers_it_names(training: Training) -> None:
    keras.utils.set_random_seed(SMALL.seed)
    model = restore(training.bundle)
    kernels = {layer.name: layer for layer in model.layers if "_conv" in layer.name}
    assert not kernels["block4_conv1"].get_weights()[1].any()
    assert kernels["block5_conv1"].get_weights()[1].any()


def test_scans_of_the_locked_test_set_cannot_be_given() -> None:
    with pytest.raises(UnfitExamplesError, match="never reach training"):
        phantom_example(Plane.BRAIN, 0, "test")


def test_a_patient_on_both_sides_is_refused(examples: list[Example], tmp_path: Path) -> None:
    first = examples[0]
    double = Example("f" * 64, first.plane, first.patient, "validation", first.read)
    with pytest.raises(ValueError, match="is in both train and validation"):
        train([*examples, double], SMALL, tmp_path, lambda _: None, about=About("leak"))


def test_a_side_without_scans_is_refused(examples: list[Example], tmp_path: Path) -> None:
    only = [example for example in examples if example.split == "train"]
    with pytest.raises(UnfitExamplesError, match="Label scans of more patients"):
        train(only, SMALL, tmp_path, lambda _: None, about=About("none"))


def test_one_plane_alone_is_refused(examples: list[Example], tmp_path: Path) -> None:
    brains = [example for example in examples if example.plane is Plane.BRAIN]
    with pytest.raises(UnfitExamplesError, match="at least two planes"):
        train(brains, SMALL, tmp_path, lambda _: None, about=About("one"))


def test_a_training_that_diverges_says_so_and_makes_no_model(
    examples: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_tiny_network(monkeypatch)
    settings = SMALL.but(stages=(Stage("All layers", "all", 9, 10.0),), optimizer="plain_sgd")
    events: list[TrainingEvent] = []
    with pytest.raises(DivergedError, match="of “All layers” its loss was no number"):
        train(examples, settings, tmp_path, events.append, about=About("diverged"))
    assert not (tmp_path / "model").exists()
    points = [event for event in events if isinstance(event, EpochDone)]
    assert points[-1].diverged
    # Tried again, it does not take the epoch that came to nothing for done.
    assert load_position(tmp_path).epoch < points[-1].epoch
