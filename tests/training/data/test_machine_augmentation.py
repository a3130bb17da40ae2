"""What other machines do to a scan: more or less of it, in its place, and nothing that is blank."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.training.data import machine_augmentation as machines
from fetal.training.data.no_plane_frames import make_fragment
from fetal.training.data.partners import Partners
from fetal.training.data.prepared_scans import PreparedScans

Varied = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def framed(plane: Plane, seed: int) -> np.ndarray:
    pixels = simulate(plane, seed).pixels
    return np.asarray(cv2.resize(pixels, (160, 128), interpolation=cv2.INTER_AREA))


SCAN, PARTNER = framed(Plane.BRAIN, 1), framed(Plane.ABDOMEN, 2)
LIGHT = np.where(PARTNER, PARTNER // 2 + 120, 0).astype(np.uint8)

WAYS: dict[str, Varied] = {
    "curve": lambda frame, chance: machines.bend_greys(frame, 0.4, chance),
    "grain": lambda frame, chance: machines.add_grain(frame, 0.4, chance),
    "harmonic": lambda frame, chance: machines.sharpen(frame, 0.6, chance),
    "histogram": lambda frame, chance: machines.match_histogram(frame, LIGHT, chance),
    "spectrum": lambda frame, chance: machines.mix_spectrum(frame, LIGHT, chance),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_tissue_changes_and_stays_in_its_place(way: str) -> None:
    changed = [WAYS[way](SCAN, np.random.default_rng(seed)) for seed in range(8)]
    again = [WAYS[way](SCAN, np.random.default_rng(seed)) for seed in range(8)]
    assert all(np.array_equal(*pair) for pair in zip(changed, again, strict=True))
    for one in changed:
        assert one.shape == SCAN.shape
        assert one.dtype == np.uint8
        assert not one[SCAN == 0].any()
        assert np.corrcoef(one[SCAN > 0], SCAN[SCAN > 0])[0, 1] > 0.6
    assert len({one.tobytes() for one in changed}) > 4


def test_a_curve_rises_and_keeps_black_and_white() -> None:
    levels = np.arange(256, dtype=np.uint8)[:, None]
    for seed in range(20):
        bent = machines.bend_greys(levels, 0.8, np.random.default_rng(seed))[:, 0].astype(int)
        assert (np.diff(bent) >= 0).all()
        assert (bent[0], bent[-1]) == (0, 255)
    same = machines.bend_greys(levels, 0.0, np.random.default_rng(0))
    assert np.array_equal(same, levels)


def test_grain_is_wider_across_the_beam_than_along_it() -> None:
    flat = np.full((128, 128), 100, np.uint8)
    for seed in range(10):
        grain = machines.add_grain(flat, 0.5, np.random.default_rng(seed)).astype(float) - 100
        if grain.std() < 2:
            continue
        along = (grain[1:] * grain[:-1]).mean() / grain.var()
        across = (grain[:, 1:] * grain[:, :-1]).mean() / grain.var()
        assert across >= along - 0.05


def test_a_histogram_comes_nearer_to_the_partner() -> None:
    tissue = SCAN > 0
    wanted = np.median(LIGHT[LIGHT > 0])
    for seed in range(5):
        matched = machines.match_histogram(SCAN, LIGHT, np.random.default_rng(seed))
        before, after = (np.median(one[tissue]) for one in (SCAN, matched))
        assert abs(after - wanted) < abs(before - wanted)


def test_the_coarse_brightness_comes_nearer_to_the_partner() -> None:
    gains = []
    for seed in range(8):
        mixed = machines.mix_spectrum(SCAN, LIGHT, np.random.default_rng(seed))
        gains.append(float(mixed.mean()) - float(SCAN.mean()))
    assert max(gains) > 20
    assert min(gains) > -1


def test_a_partner_is_of_another_source_and_each_source_is_as_likely() -> None:
    sources = ("here",) * 90 + ("there",) * 8 + ("elsewhere",) * 2
    classes = np.arange(100) % 3
    partners = Partners(PreparedScans(np.zeros((100, 1, 1), np.uint8), classes, sources, sources))
    chance = np.random.default_rng(0)
    drawn = [sources[partners.elsewhere(0, chance)] for _ in range(200)]
    assert set(drawn) == {"there", "elsewhere"}
    assert 60 < drawn.count("elsewhere") < 140
    assert all(classes[partners.of_another_plane(3, chance)] != classes[3] for _ in range(20))


def test_without_sources_any_scan_is_a_partner() -> None:
    scans = PreparedScans(np.zeros((5, 1, 1), np.uint8), np.arange(5) % 2, ("P",) * 5)
    chance = np.random.default_rng(0)
    assert {Partners(scans).elsewhere(0, chance) for _ in range(60)} == set(range(5))


def test_a_fragment_shows_neither_scan_whole() -> None:
    for seed in range(12):
        made = make_fragment(SCAN, PARTNER, np.random.default_rng(seed))
        assert made.shape == SCAN.shape
        assert made.any()
        for scan in (SCAN, PARTNER):
            assert (np.abs(made.astype(int) - scan) > 4).mean() > 0.15
