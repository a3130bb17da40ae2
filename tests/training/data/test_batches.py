"""What a model is shown: every scan once an epoch, varied, the same again for the same seed."""

from dataclasses import replace

import numpy as np
import pytest

from fetal.training.data.augmentation import augment
from fetal.training.data.batches import TrainingBatches, class_weights
from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.settings import Augmentation
from tests.training.conftest import SMALL

STILL = Augmentation(False, False, 0, 0, 0, 0, 0, 0, 0, 0)


def frames(count: int = 20) -> PreparedScans:
    """Frames that are each of one grey level, so that they can be told apart."""
    levels = np.arange(1, count + 1, dtype=np.uint8) * 10
    pixels = np.broadcast_to(levels[:, None, None], (count, 64, 64))
    return PreparedScans(pixels, np.arange(count) % 4, tuple(f"P-{i}" for i in range(count)))


def test_an_epoch_shows_every_scan_once_with_its_own_plane() -> None:
    data, settings = frames(), replace(SMALL, augmentation=STILL)
    batches = TrainingBatches(data, settings, np.ones(6, np.float32), epoch=0)
    shown = [
        (int(picture.max()), int(target.argmax()))
        for index in range(len(batches))
        for picture, target in zip(*batches[index][:2], strict=True)
    ]
    assert sorted(shown) == [(10 * (i + 1), i % 4) for i in range(20)]


def test_the_same_epoch_is_the_same_again_and_the_next_is_another() -> None:
    first, again, following = (
        TrainingBatches(frames(), SMALL, np.ones(6, np.float32), epoch)[0][0] for epoch in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, following)


def test_no_variation_asked_for_gives_the_scan_itself() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    varied = augment(picture, STILL, np.random.default_rng(1))
    assert np.abs(varied.astype(int) - picture).max() <= 1


def test_a_flip_mirrors_the_scan() -> None:
    picture = np.zeros((64, 64), np.uint8)
    picture[:, :8] = 200
    chance = np.random.default_rng(0)
    splits = {
        bool(augment(picture, replace(STILL, flip_horizontal=True), chance)[32, 60] > 100)
        for _ in range(20)
    }
    assert splits == {True, False}


def test_rare_planes_count_more_and_the_mean_stays_one() -> None:
    data = PreparedScans(
        np.zeros((100, 8, 8), np.uint8), np.array([0] * 96 + [4] * 4), ("P",) * 100
    )
    weights = class_weights(data, SMALL)
    assert weights[4] > 4 * weights[0]
    assert np.isclose(weights[data.classes].mean(), 1)


@pytest.mark.parametrize(
    "change", [{"lift": 0.3}, {"coarseness": 8.0}, {"writing": 1.0}, {"blank": 1.0}]
)
def test_what_befalls_a_scan_on_its_way_changes_it_and_leaves_what_is_blank(
    change: dict[str, float],
) -> None:
    picture = np.zeros((64, 64), np.uint8)
    picture[16:48, 16:48] = np.random.default_rng(0).integers(60, 200, (32, 32))
    varied = [
        augment(picture, replace(STILL, **change), np.random.default_rng(seed))
        for seed in range(10)
    ]
    assert any(not np.array_equal(one, picture) for one in varied)
    if "writing" not in change:
        assert all(not one[:4].any() for one in varied)
