"""Training on kept features: the same as without, computed once, and safe to kill."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from fetal.training.data.batches import InOrder
from fetal.training.data.variants import vary
from fetal.training.events import EpochDone, LogLine, OnEvent, TrainingEvent
from fetal.training.features.feature_cache import FeatureCache
from fetal.training.settings import Augmentation, SettingsError, Stage, TrainingSettings
from fetal.training.stages.checkpoint import Position, load_position
from fetal.training.stages.fit_head import fit_head
from fetal.training.stages.fit_stage import fit_stage
from fetal.training.stages.stage_context import StageContext
from tests.training.tiny_network import STILL, TINY, tiny_network, tiny_splits, use_tiny_network

STAGE = TINY.stages[0]
HEAD_STAGE = Stage("Last layer", "head", 3, 1e-2)


class Killed(BaseException):
    """Stands for a kill: nothing in the training may catch it."""


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    use_tiny_network(monkeypatch)
    yield
    keras.config.set_dtype_policy(policy)


@dataclass
class Events:
    """Keeps what a training says."""

    events: list[TrainingEvent] = field(default_factory=list)

    def __call__(self, event: TrainingEvent) -> None:
        self.events.append(event)

    @property
    def looked(self) -> list[int]:
        """How many pictures went through the frozen layers each time."""
        texts = [event.text for event in self.events if isinstance(event, LogLine)]
        return [int(text.split("looked at ")[1].split()[0]) for text in texts if "looked" in text]


def train_upper(
    folder: Path,
    cache: FeatureCache | None,
    settings: TrainingSettings = TINY,
    on_event: OnEvent | None = None,
) -> list[Any]:
    """The weights that a stage ends with."""
    folder.mkdir(exist_ok=True)
    model = tiny_network(settings)
    position = load_position(folder)
    context = StageContext(
        model, settings, tiny_splits(), folder, on_event or Events(), cache=cache
    )
    fit_stage(context, settings.stages[0], position)
    return list(model.get_weights())


def train_head(
    settings: TrainingSettings, cache: FeatureCache | None, on_event: OnEvent
) -> list[np.ndarray[Any, Any]]:
    model = tiny_network(settings)
    context = StageContext(model, settings, tiny_splits(), Path(), on_event, cache=cache)
    fit_head(context, HEAD_STAGE)
    return list(model.get_layer("head").get_weights())


def same(first: list[Any], second: list[Any], tolerance: float = 0.0) -> bool:
    return all(np.allclose(a, b, atol=tolerance) for a, b in zip(first, second, strict=True))


def test_the_upper_part_learns_the_same_from_kept_features_as_from_scans(tmp_path: Path) -> None:
    settings = TINY.but(augmentation=STILL, variants=1)
    scans = train_upper(tmp_path / "scans", None, settings)
    kept = train_upper(tmp_path / "kept", FeatureCache(tmp_path / "cache"), settings)
    untouched = tiny_network(settings).get_weights()
    assert same(scans, kept, tolerance=2e-3)
    assert not same(scans, untouched, tolerance=2e-2)


@pytest.mark.parametrize("stages", [(HEAD_STAGE,), (HEAD_STAGE, STAGE)])
def test_the_head_learns_the_same_with_a_cache_as_without(
    tmp_path: Path, stages: tuple[Stage, ...]
) -> None:
    settings = TINY.but(stages=stages)
    without, within = Events(), Events()
    anew = train_head(settings, None, without)
    kept = train_head(settings, FeatureCache(tmp_path), within)
    again = train_head(settings, FeatureCache(tmp_path), within)
    assert same(anew, kept, tolerance=1e-3)
    assert same(kept, again)
    # The training split as it is and mirrored, and the validation split.
    assert without.looked == [16, 16, 8]
    assert within.looked == [16, 16, 8, 0, 0, 0]


def test_each_epoch_shows_one_variant_and_no_picture_is_looked_at_twice(tmp_path: Path) -> None:
    events = Events()
    cache = FeatureCache(tmp_path / "cache")
    settings = TINY.but(variants=3)
    first = train_upper(tmp_path / "first", cache, settings, events)
    assert events.looked == [8, 16, 16, 16]
    second = train_upper(tmp_path / "second", cache, settings, events)
    assert events.looked[4:] == [0, 0, 0, 0]
    assert same(first, second)


def test_the_head_leaves_to_the_next_stage_what_it_looked_at(tmp_path: Path) -> None:
    settings = TINY.but(stages=(STAGE, HEAD_STAGE), variants=2)
    cache, events = FeatureCache(tmp_path / "cache"), Events()
    train_head(settings, cache, events)
    train_upper(tmp_path / "run", cache, settings, events)
    assert events.looked == [16, 16, 8, 0, 0, 0]


def test_another_network_knows_nothing_of_what_this_one_saw(tmp_path: Path) -> None:
    settings = TINY.but(variants=1)
    cache = FeatureCache(tmp_path / "cache")

    def looked(model: keras.Model, name: str, layers: str = "block5") -> list[int]:
        events, folder = Events(), tmp_path / name
        folder.mkdir()
        context = StageContext(model, settings, tiny_splits(), folder, events, cache=cache)
        fit_stage(context, Stage("Upper layers", layers, 1, 1e-2), Position())
        return events.looked

    normalised = tiny_network(settings)
    normalised.get_layer("normalise").mean = normalised.get_layer("normalise").mean + 1
    assert looked(tiny_network(settings), "first") == [8, 16]
    assert looked(tiny_network(settings), "the same") == [0, 0]
    assert looked(tiny_network(settings.but(seed=8)), "other weights") == [8, 16]
    assert looked(normalised, "another normalisation") == [8, 16]
    assert looked(tiny_network(settings), "cut elsewhere", "block4") == [8, 16]


def test_a_damaged_file_is_computed_anew_and_alone(tmp_path: Path) -> None:
    cache, events = FeatureCache(tmp_path / "cache"), Events()
    whole = train_upper(tmp_path / "first", cache, TINY.but(variants=1), events)
    damaged = sorted((tmp_path / "cache").glob("*/*.npy"))[0]
    damaged.write_bytes(damaged.read_bytes()[:-9])
    after = train_upper(tmp_path / "second", cache, TINY.but(variants=1), events)
    assert sum(events.looked[2:]) == 1
    assert same(whole, after)


def test_killed_after_an_epoch_it_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    def die_after_second_epoch(event: TrainingEvent) -> None:
        if isinstance(event, EpochDone) and event.epoch == 2:
            raise Killed

    whole = train_upper(tmp_path / "whole", FeatureCache(tmp_path / "one"))
    cache, events = FeatureCache(tmp_path / "two"), Events()
    with pytest.raises(Killed):
        train_upper(tmp_path / "killed", cache, on_event=die_after_second_epoch)
    resumed = train_upper(tmp_path / "killed", cache, on_event=events)
    assert [event.epoch for event in events.events if isinstance(event, EpochDone)] == [3, 4]
    assert events.looked == [0, 16, 16]
    assert same(whole, resumed, tolerance=1e-6)


def test_a_cache_without_room_shows_every_scan_anew_and_says_so(tmp_path: Path) -> None:
    cache, events = FeatureCache(tmp_path / "cache", limit=10_000), Events()
    settings = TINY.but(stages=(HEAD_STAGE, STAGE))
    kept = train_upper(tmp_path / "kept", cache, TINY, events)
    assert same(kept, train_upper(tmp_path / "scans", None))
    assert events.looked == []
    first = events.events[0]
    assert isinstance(first, LogLine)
    assert "FETAL_CACHE_GB gives the cache more" in first.text
    train_head(settings, cache, events)
    assert events.looked == [16, 16, 8]


def test_the_first_variants_are_the_scan_and_its_mirror_image_and_the_others_stay() -> None:
    scan = tiny_splits().train.pixels[0]
    assert np.array_equal(vary(scan, 0, TINY), scan)
    assert np.array_equal(vary(scan, 1, TINY), scan[:, ::-1])
    drawn = vary(scan, 2, TINY)
    assert np.array_equal(drawn, vary(scan, 2, TINY))
    assert not np.array_equal(drawn, vary(scan, 3, TINY))
    assert not np.array_equal(drawn, vary(scan, 2, TINY.but(seed=8)))
    one_way = TINY.but(augmentation=Augmentation(flip_horizontal=False))
    assert not np.array_equal(vary(scan, 1, one_way), scan[:, ::-1])


def test_the_validation_side_is_shown_whole_and_in_its_order() -> None:
    split = tiny_splits().validation
    batches = InOrder(split, 3, lambda chosen: chosen)
    shown = [batches[number] for number in range(len(batches))]
    assert np.concatenate([chosen for chosen, _ in shown]).tolist() == list(range(8))
    assert np.array_equal(np.concatenate([planes for _, planes in shown]), split.one_hot())


def test_less_than_one_variant_is_refused() -> None:
    with pytest.raises(SettingsError, match="`variants` expects a number from 1"):
        TINY.but(variants=0)
