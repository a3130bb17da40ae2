import numpy as np

from fetal.training.data.augmentation import augment
from fetal.training.settings import Augmentation

EVERYTHING = Augmentation(flip_vertical=True, lift=0.2, coarseness=3.0, writing=1.0, blank=1.0)


def test_a_rectangle_stays_a_rectangle_whatever_befalls_it() -> None:
    frame = np.random.default_rng(0).integers(1, 256, (56, 72), np.uint8)
    varied = [augment(frame, EVERYTHING, np.random.default_rng(seed)) for seed in range(40)]
    assert {(one.shape, one.dtype.name) for one in varied} == {((56, 72), "uint8")}
    assert len({one.tobytes() for one in varied}) == 40


def test_a_mirrored_rectangle_is_mirrored_in_its_own_middle() -> None:
    frame = np.zeros((56, 72), np.uint8)
    frame[10:20, 5:15] = 200
    still = Augmentation(True, True, 0, 0, 0, 0, 0, 0, 0, 0)
    seen = {augment(frame, still, np.random.default_rng(seed)).tobytes() for seed in range(40)}
    lit = [np.argwhere(np.frombuffer(one, np.uint8).reshape(56, 72)).mean(0) for one in seen]
    corners = {(round(float(y), 1), round(float(x), 1)) for y, x in lit}
    assert corners == {(y, x) for y in (14.5, 40.5) for x in (9.5, 61.5)}
