from dataclasses import replace

import numpy as np
import pytest

from fetal.planes import Plane
from fetal.training.second_reader.answer_groups import CLASSES, NO_PLANE, answer_of, membership
from fetal.training.second_reader.reader_batches import ReaderBatches, ReaderScans
from fetal.training.second_reader.reader_frames import frame_for_reader
from fetal.training.second_reader.reader_settings import SecondReaderSettings
from fetal.training.settings import Augmentation, SettingsError

PLANES = [Plane.BRAIN, Plane.FEMUR, Plane.OTHER, Plane.CERVIX, None, Plane.THORAX, Plane.ABDOMEN]


def scans() -> ReaderScans:
    chance = np.random.default_rng(0)
    pixels = np.zeros((7, 224, 288), np.uint8)
    pixels[:, 20:200, 40:250] = chance.integers(1, 256, (7, 180, 210))
    return ReaderScans.of(pixels, PLANES)


def test_each_class_belongs_to_one_answer_and_what_is_no_plane_of_ours_to_the_last() -> None:
    member = membership()
    assert (member.sum(axis=0) == 1).all()
    outside = {CLASSES[index] for index in np.flatnonzero(member[NO_PLANE])}
    assert outside == {
        *("background", "kidneys", "lips", "profile", "spine (cor)", "spine (sag)"),
    }
    assert [answer_of(plane) for plane in PLANES] == [0, 2, 4, 4, 4, 3, 1]


def test_an_epoch_shows_every_scan_and_as_many_made_up_frames_as_asked_for() -> None:
    settings = SecondReaderSettings(batch=2, fragments=1.0, outliers=3.0)
    batches = ReaderBatches(scans(), settings, 0, 1)
    shown = [batches[index] for index in range(len(batches))]
    inputs, answers, weights = (np.concatenate(part) for part in zip(*shown, strict=True))
    assert inputs.shape == (14, 224, 288, 1)
    # Three of the seven show no plane, and seven are made up.
    assert answers.sum(axis=0).tolist() == [1, 1, 1, 1, 10]
    np.testing.assert_array_equal(weights, np.where(answers[:, NO_PLANE] == 1, 3.0, 1.0))


def test_batches_are_full_and_the_same_for_a_seed_and_an_epoch() -> None:
    settings = SecondReaderSettings(batch=4, fragments=0.2, augmentation=Augmentation(writing=0.5))
    again = [ReaderBatches(scans(), settings, 3, 1)[1] for _ in range(2)]
    for one, other in zip(*again, strict=True):
        assert len(one) == 4
        np.testing.assert_array_equal(one, other)
    later = ReaderBatches(scans(), settings, 4, 1)[1]
    assert not np.array_equal(later[0], again[0][0])


def test_as_many_planes_as_scans_are_expected() -> None:
    with pytest.raises(ValueError, match="received 7 and 2"):
        ReaderScans.of(scans().pixels, [None, None])


def test_a_scan_may_take_over_the_greys_of_another() -> None:
    still = Augmentation(False, False, 0, 0, 0, 0, 0, 0, 0, 0)
    settings = SecondReaderSettings(batch=7, fragments=0, augmentation=still)
    own, other = (
        ReaderBatches(scans(), settings.but(augmentation=varied), 0, 1)[0][0]
        for varied in (still, replace(still, histogram=1.0))
    )
    assert not np.array_equal(own, other)


def test_settings_beyond_their_range_are_refused() -> None:
    settings = SecondReaderSettings(learn="head", distillation=10)
    assert SecondReaderSettings.from_json(settings.to_json()) == settings
    with pytest.raises(SettingsError, match="distillation"):
        settings.but(distillation=11)
    with pytest.raises(SettingsError, match="conv5"):
        settings.but(learn="upper")
    with pytest.raises(SettingsError, match="do not fit"):
        SecondReaderSettings.from_json({"colour": "red"})


def test_the_reader_sees_the_sector_in_a_rectangle() -> None:
    assert frame_for_reader(np.full((661, 959), 9, np.uint8), None).shape == (224, 288)
