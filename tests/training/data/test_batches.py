"""What a model is shown: every scan once an epoch, varied, the same again for the same seed."""

from dataclasses import replace
from typing import Any

import numpy as np
import psutil
import pytest
from keras.src.trainers.data_adapters.py_dataset_adapter import OrderedEnqueuer

from fetal.planes import PLANES, Plane
from fetal.training.data import batches as batches_module
from fetal.training.data.augmentation import augment
from fetal.training.data.batches import InOrder, TrainingBatches, class_weights
from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.data.varied_scans import ScansToVary, vary_in_processes, vary_scans
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
    "change",
    [
        *({"lift": 0.3}, {"coarseness": 8.0}, {"writing": 1.0}, {"blank": 1.0}),
        *({"curve": 0.5}, {"grain": 0.4}, {"stretch": 0.3}, {"depth": 0.5}, {"harmonic": 0.8}),
    ],
)
def test_what_befalls_a_scan_on_its_way_changes_it_and_leaves_what_is_blank(
    change: dict[str, Any],
) -> None:
    picture = np.zeros((64, 64), np.uint8)
    picture[16:48, 16:48] = np.random.default_rng(0).integers(60, 200, (32, 32))
    varied = [
        augment(picture, replace(STILL, **change), np.random.default_rng(seed))
        for seed in range(10)
    ]
    assert any(not np.array_equal(one, picture) for one in varied)
    if change.keys().isdisjoint({"writing", "stretch", "depth"}):
        assert all(not one[:4].any() for one in varied)


def test_what_a_setting_leaves_out_draws_nothing() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    more: dict[str, Any] = {
        "curve": 0.3,
        "grain": 0.3,
        "stretch": 0.3,
        "depth": 0.3,
        "harmonic": 0.3,
    }
    states = []
    for change in ({}, more):
        chance = np.random.default_rng(1)
        augment(picture, replace(STILL, **change), chance, partner=picture)
        states.append(chance.bit_generator.state["state"]["state"])
    again = np.random.default_rng(1)
    augment(picture, STILL, again)
    assert again.bit_generator.state["state"]["state"] == states[0] != states[1]


def test_frames_of_no_plane_are_other_and_count_as_one_scan() -> None:
    settings = SMALL.but(augmentation=STILL, fragments=0.9)
    picture = np.random.default_rng(0).integers(1, 256, (20, 64, 64)).astype(np.uint8)
    data = PreparedScans(picture, np.arange(20) % 4, ("P",) * 20)
    inputs, targets, weights = TrainingBatches(data, settings, np.full(6, 7, np.float32), 0)[0]
    made = targets.argmax(axis=1) == PLANES.index(Plane.OTHER)
    assert 4 <= made.sum() < 8
    assert set(weights[made]) == {1}
    assert set(weights[~made]) == {7}
    assert np.array_equal(targets.sum(axis=1), np.ones(8))
    # No variation moves a grey level by more than one.
    nearest = [np.abs(picture - one[..., 0].astype(int)).max(axis=(1, 2)).min() for one in inputs]
    assert np.array_equal(np.array(nearest) > 1, made)


def test_the_pictures_that_a_batch_holds_are_bytes() -> None:
    inputs, _, _ = TrainingBatches(frames(), SMALL, np.ones(6, np.float32), epoch=0)[0]
    assert inputs.dtype == np.uint8
    assert inputs.shape == (8, 64, 64, 1)


def test_beside_a_gpu_other_processes_make_the_same_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = SMALL.but(fragments=0.4, augmentation=replace(STILL, speckle=0.3, histogram=0.5))

    def shown(processes: int) -> list[np.ndarray]:
        monkeypatch.setattr(batches_module, "varying_processes", lambda: processes)
        dataset = TrainingBatches(frames(64), settings, np.ones(6, np.float32), epoch=2)
        queue = OrderedEnqueuer(dataset, workers=dataset.workers)
        queue.start()
        given = queue.get()
        found = [next(given)[0] for _ in range(len(dataset))]
        queue.stop()
        return found

    one, two = shown(1), shown(2)
    assert len(one) == 8
    assert all(np.array_equal(*pair) for pair in zip(one, two, strict=True))


def test_a_process_that_is_killed_costs_no_batch() -> None:
    scans = ScansToVary(frames().pixels, None, {}, SMALL.augmentation, (1, 2))
    vary = vary_in_processes(2)
    before = vary(scans)
    for process in psutil.Process().children(recursive=True):
        if any("popen_loky" in word for word in process.cmdline()):
            process.kill()
    assert np.array_equal(before, vary(scans))
    assert np.array_equal(before, vary_scans(scans))


def test_where_shapes_are_compiled_every_batch_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches_module, "compiles_each_shape", lambda: True)
    settings = SMALL.but(augmentation=STILL)
    dataset = TrainingBatches(frames(19), settings, np.ones(6, np.float32), epoch=0)
    shown = [dataset[index][0][:, 0, 0, 0] for index in range(len(dataset))]
    assert [len(one) for one in shown] == [8, 8, 8]
    assert set(np.concatenate(shown)) == {10 * (one + 1) for one in range(19)}
    validation = InOrder(frames(18), 8, lambda chosen: chosen)
    assert [len(validation[index][0]) for index in range(len(validation))] == [6, 6, 6]


def test_many_scans_of_no_plane_do_not_drown_the_rare_ones() -> None:
    counts = {Plane.BRAIN: 400, Plane.OTHER: 3000, Plane.CERVIX: 10}
    classes = np.repeat([PLANES.index(plane) for plane in counts], list(counts.values()))
    data = PreparedScans(np.zeros((len(classes), 1, 1), np.uint8), classes, ("P",) * len(classes))
    weights = class_weights(data, SMALL)
    share = {plane: weights[PLANES.index(plane)] * number for plane, number in counts.items()}
    # With the root of their rarity: a third of the weight for a seventh of the scans.
    assert 0.2 < share[Plane.BRAIN] / share[Plane.OTHER] < 0.5
    assert share[Plane.CERVIX] / share[Plane.OTHER] > 10 * 10 / 3000
    assert weights[PLANES.index(Plane.CERVIX)] < 20
