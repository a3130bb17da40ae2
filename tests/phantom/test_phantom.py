from collections import Counter

import numpy as np
import pytest

from fetal.phantom import EARLY_PLANES, PhantomError, samples, simulate
from fetal.planes import PLANES, Plane

SMALL = (331, 480)

EXPECTED = {
    Plane.BRAIN: {"skull", "falx", "thalami", "cavum"},
    Plane.ABDOMEN: {"stomach", "umbilical vein", "spine", "ribs"},
    Plane.FEMUR: {"shaft", "thigh"},
    Plane.THORAX: {"heart", "ventricles", "atria", "septum", "spine", "ribs"},
    Plane.CERVIX: {"cervix", "canal", "fluid"},
    Plane.OTHER: set(),
}


@pytest.mark.parametrize("plane", PLANES)
def test_a_seed_always_gives_the_same_scan_and_another_seed_another(plane: Plane) -> None:
    first, again = (simulate(plane, 5, size=SMALL) for _ in range(2))
    assert first.pixels.tobytes() == again.pixels.tobytes()
    assert first.sector.tobytes() == again.sector.tobytes()
    assert first.text.tobytes() == again.text.tobytes()
    assert first.masks.keys() == again.masks.keys()
    assert all(np.array_equal(first.masks[name], again.masks[name]) for name in first.masks)
    assert (simulate(plane, 6, size=SMALL).pixels != first.pixels).mean() > 0.2


@pytest.mark.parametrize("plane", PLANES)
def test_a_phantom_has_the_asked_size_and_names_what_it_shows(plane: Plane) -> None:
    phantom = simulate(plane, 3, size=(200, 301))
    assert phantom.pixels.shape == (200, 301)
    assert phantom.pixels.dtype == np.uint8
    assert (phantom.plane, phantom.seed) == (plane, 3)
    assert EXPECTED[plane] <= phantom.masks.keys()
    assert all(mask.shape == (200, 301) for mask in phantom.masks.values())


@pytest.mark.parametrize("plane", PLANES)
def test_structures_lie_inside_the_sector_and_text_outside(plane: Plane) -> None:
    written = 0
    for seed in range(6):
        phantom = simulate(plane, seed, size=SMALL)
        assert 0.2 < phantom.sector.mean() <= 1
        for name, mask in phantom.masks.items():
            assert not (mask & ~phantom.sector).any(), (seed, name)
        assert not (phantom.text & phantom.sector).any(), seed
        blank = ~phantom.sector & ~phantom.text
        assert not phantom.pixels[blank].any(), seed
        written += bool(phantom.pixels[phantom.text].any())
    assert written >= 3


@pytest.mark.parametrize("plane", PLANES)
def test_the_sector_is_filled_with_speckle_and_uses_the_grey_scale(plane: Plane) -> None:
    seen = np.concatenate(
        [p.pixels[p.sector] for p in (simulate(plane, seed, size=SMALL) for seed in range(4))]
    )
    assert 20 < seen.mean() < 130
    assert np.percentile(seen, 99.5) > 140
    assert len(np.unique(seen)) > 200


def test_it_is_darker_behind_the_shaft_than_beside_it() -> None:
    darker = []
    for seed in range(8):
        phantom = simulate(Plane.FEMUR, seed, size=SMALL)
        shaft = phantom.masks["shaft"]
        columns = np.flatnonzero(shaft.any(axis=0))
        lowest = SMALL[0] - 1 - shaft[::-1].argmax(axis=0)
        behind = np.zeros(SMALL, bool)
        middle = columns[len(columns) // 4 : -(len(columns) // 4)]
        for x in middle:
            behind[lowest[x] + 8 : lowest[x] + 40, x] = True
        above = np.zeros(SMALL, bool)
        for x in middle:
            above[max(0, lowest[x] - 60) : max(0, lowest[x] - 20), x] = True
        fluid = phantom.masks.get("fluid", np.zeros(SMALL, bool))
        # Whatever fluid there is would count as shadow: measure tissue only.
        fluid = fluid & ~phantom.masks["thigh"]
        inside = phantom.sector & ~fluid
        darker.append(
            phantom.pixels[behind & inside].mean() < 0.9 * phantom.pixels[above & inside].mean()
        )
    assert sum(darker) >= 7


def test_bone_is_bright_and_fluid_is_dark() -> None:
    abdomen = simulate(Plane.ABDOMEN, 6)
    assert abdomen.pixels[abdomen.masks["stomach"]].mean() < 30
    head = simulate(Plane.BRAIN, 102)
    assert head.pixels[head.masks["skull"]].mean() > 2 * head.pixels[head.masks["brain"]].mean()


@pytest.mark.parametrize("plane", EARLY_PLANES)
def test_early_in_pregnancy_the_same_plane_is_smaller_and_lies_in_fluid(plane: Plane) -> None:
    whole = {Plane.BRAIN: "head", Plane.ABDOMEN: "trunk", Plane.THORAX: "trunk"}[plane]
    early, usual = (
        [simulate(plane, seed, size=SMALL, early=early) for seed in range(12)]
        for early in (True, False)
    )
    sizes = [np.mean([one.masks[whole].mean() for one in some]) for some in (early, usual)]
    assert sizes[0] < 0.6 * sizes[1]
    assert sum("fluid" in one.masks for one in early) >= 9
    again = simulate(plane, 3, size=SMALL, early=True)
    assert again.pixels.tobytes() == early[3].pixels.tobytes()
    assert not any((mask & ~one.sector).any() for one in early for mask in one.masks.values())


def test_in_an_early_head_the_plexuses_are_brighter_than_the_fluid_beside_them() -> None:
    brighter = []
    for seed in range(12):
        head = simulate(Plane.BRAIN, seed, size=SMALL, early=True)
        plexus, fluid = head.masks["choroid plexus"], head.masks.get("fluid")
        if fluid is not None and plexus.any():
            around = fluid & ~head.masks["head"]
            brighter.append(head.pixels[plexus].mean() > 2 * head.pixels[around].mean())
    assert sum(brighter) >= 0.8 * len(brighter) > 5


def test_samples_hold_every_plane_equally_often_and_no_scan_twice() -> None:
    found = samples(12)
    assert Counter(phantom.plane for phantom in found) == dict.fromkeys(PLANES, 2)
    assert len({phantom.pixels.tobytes() for phantom in found}) == 12


def test_what_cannot_be_made_is_refused_with_one_clear_sentence() -> None:
    with pytest.raises(PhantomError, match=r"seed is 0 or more, not -1"):
        simulate(Plane.BRAIN, -1)
    with pytest.raises(PhantomError, match=r"64 to 4096 pixels high and wide, not 10 x 959"):
        simulate(Plane.BRAIN, 0, size=(10, 959))
    with pytest.raises(PhantomError, match=r"not 661 x 30000"):
        simulate(Plane.BRAIN, 0, size=(661, 30000))
    with pytest.raises(PhantomError, match=r"brain, abdomen, thorax can be simulated, not femur"):
        simulate(Plane.FEMUR, 0, early=True)
    with pytest.raises(PhantomError, match=r"At least one"):
        samples(0)
    with pytest.raises(ValueError, match="liver"):
        simulate("liver", 0)
