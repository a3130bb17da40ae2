"""Cuts of a fetus at 11 to 15 weeks: small, any way round, with fluid about it."""

import numpy as np

from fetal.phantom.probe import Fan
from fetal.phantom.shapes import Frame, blob, curve, ellipse
from fetal.phantom.surroundings import FLUID, MUSCLE, PLACENTA, limb
from fetal.phantom.tissue import Scene, Tissue


def early_brain(rng: np.random.Generator, fan: Fan) -> Scene:
    """Paint a cut of the head in which both choroid plexuses nearly fill the skull.

    Their bright halves beside the falx are the “butterfly” by which the plane is known before the
    fifteenth week (ISUOG guideline for the 11 to 14 week scan, 2023). The head's unit is half its
    length; its forehead lies at x < 0.
    """
    length = float(rng.uniform(0.13, 0.38))
    scene, frame = _sac(rng, fan, length, fluid=0.8)
    width = float(rng.uniform(0.74, 0.95))
    outline = blob(rng, 0, 0, 1, width, 0, 0.015, 96)
    scene.fill(frame(outline * np.float32(rng.uniform(1.05, 1.14))), Tissue(-7, 0, 2))
    scene.fill(frame(outline), Tissue(float(rng.uniform(-22, -12)), 0, 2), "head")
    scene.interface(
        frame(outline),
        float(rng.uniform(0.008, 0.02)),
        float(rng.uniform(0, 18)),
        loss=float(rng.uniform(0, 30)),
        facing=float(rng.uniform(0.3, 5)),
        patchy=5,
        closed=True,
        name="skull",
    )
    _plexuses(rng, scene, frame, width)
    _patches(rng, scene, frame, width)
    bend = float(rng.normal(0, 0.02))
    falx = curve([(-0.94, 0), (0, bend), (float(rng.uniform(0.5, 0.94)), 0)], 16)
    scene.interface(
        frame(falx),
        float(rng.uniform(0.004, 0.008)),
        float(rng.uniform(-8, 14)),
        facing=0.5,
        patchy=5,
        name="falx",
    )
    return scene


def _plexuses(rng: np.random.Generator, scene: Scene, frame: Frame, width: float) -> None:
    """Two bright drops, broad behind and narrow in front, in dark ventricles, in a thin mantle."""
    level = float(rng.uniform(-5, 4))
    mantle = float(rng.uniform(0.82, 0.92))
    coarse = float(rng.uniform(1.5, 6))
    for side in (-1, 1):
        middle = side * width * 0.46
        scene.fill(
            frame(blob(rng, 0.03, middle, mantle * 0.88, width * 0.42, 0, 0.03)),
            Tissue(float(rng.uniform(-36, -10)), -4, 2),
            "ventricles",
        )
        turn = side * float(rng.uniform(-0.05, 0.25))
        back = blob(
            rng,
            float(rng.uniform(0.05, 0.25)),
            middle,
            float(rng.uniform(0.48, 0.68)),
            width * float(rng.uniform(0.3, 0.43)),
            turn,
            float(rng.uniform(0.04, 0.16)),
        )
        front = blob(
            rng,
            float(rng.uniform(-0.4, -0.25)),
            middle * 0.85,
            float(rng.uniform(0.22, 0.42)),
            width * float(rng.uniform(0.16, 0.34)),
            turn,
            float(rng.uniform(0.04, 0.16)),
        )
        for part in (front, back):
            scene.fill(
                frame(part), Tissue(level + float(rng.normal(0, 1)), 0, coarse), "choroid plexus"
            )


def _patches(rng: np.random.Generator, scene: Scene, frame: Frame, width: float) -> None:
    """Fluid at the rim and between, and bright folds: what a cut above or below the usual shows."""
    for _ in range(rng.integers(0, 9)):
        angle, far = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0.1, 0.85))
        size = float(rng.uniform(0.05, 0.2))
        patch = blob(
            rng,
            far * np.cos(angle),
            far * width * np.sin(angle),
            size,
            size * float(rng.uniform(0.4, 1)),
            float(rng.uniform(0, 3)),
            0.15,
        )
        echo = rng.uniform(-34, -14) if rng.random() < 0.6 else rng.uniform(2, 9)
        scene.fill(frame(patch), Tissue(float(echo), 0, 2))


def early_abdomen(rng: np.random.Generator, fan: Fan) -> Scene:
    """Paint a cut of the abdomen: round, even, with a small stomach and no bright ring."""
    scene, frame, high, level = _trunk(rng, fan)
    side = float(rng.choice([-1.0, 1.0]))
    place = float(rng.uniform(-0.1, 0.3)), side * high * float(rng.uniform(0.35, 0.55))
    stomach = blob(
        rng, *place, float(rng.uniform(0.1, 0.25)), float(rng.uniform(0.08, 0.16)), 0, 0.1
    )
    scene.fill(frame(stomach), Tissue(-34, -4, 0), "stomach")
    vein = curve([(-0.9, 0), (-0.4, side * 0.05), (-0.1, side * 0.2)], 12)
    scene.interface(frame(vein), 0.012, level - 14, facing=0)
    return scene


def early_thorax(rng: np.random.Generator, fan: Fan) -> Scene:
    """Paint a cut of the chest: even lungs beside a small, dark heart."""
    scene, frame, _high, _level = _trunk(rng, fan)
    side = float(rng.choice([-1.0, 1.0]))
    heart = Frame((-0.15, side * 0.12), float(rng.uniform(0.3, 0.45)), float(rng.uniform(0, 6.3)))
    scene.fill(frame(heart(ellipse(0, 0, 1, 0.8))), Tissue(-3, 0, 2), "heart")
    for across, along in ((-0.4, -0.4), (-0.4, 0.35), (0.4, -0.35), (0.4, 0.4)):
        chamber = blob(rng, across, along, 0.3, 0.26, 0, 0.1)
        scene.fill(frame(heart(chamber)), Tissue(-30, -3, 0), "chambers")
    return scene


def _trunk(rng: np.random.Generator, fan: Fan) -> tuple[Scene, Frame, float, float]:
    """A round trunk in its fluid: skin, tissue, spine."""
    scene, frame = _sac(rng, fan, float(rng.uniform(0.11, 0.3)))
    high = float(rng.uniform(0.85, 1))
    level = float(rng.uniform(-9, 1))
    skin = blob(rng, 0, 0, 1, high, 0, 0.03, 96)
    scene.fill(frame(skin), Tissue(level, 0, 2.5), "trunk")
    scene.interface(
        frame(skin), 0.008, float(rng.uniform(3, 11)), facing=3, patchy=4, closed=True, name="skin"
    )
    place = float(rng.uniform(0.62, 0.75))
    for x, y in ((place, 0.0), (place + 0.12, -0.1), (place + 0.12, 0.1)):
        scene.fill(frame(ellipse(x, y, 0.06, 0.05, points=16)), Tissue(13, 60, 2), "spine")
    return scene, frame, high, level


def _sac(
    rng: np.random.Generator, fan: Fan, size: float, *, fluid: float = 1
) -> tuple[Scene, Frame]:
    """The womb's wall and the fluid in it, and where the fetus lies: at a wall or free.

    Without fluid about it, of which `fluid` is the chance, the fetus lies between walls.
    """
    background = Tissue(float(rng.uniform(-8, 3)), 0, 3, float(rng.uniform(0.5, 3)))
    scene = Scene(fan, background, rng)
    middle = float(rng.normal(0, 0.16)), float(rng.uniform(0.38, 0.66))
    across, down = (size * float(rng.uniform(1.1, 2.8)) for _ in range(2))
    pool = blob(rng, *middle, across, down, float(rng.uniform(0, 3)), 0.09)
    if rng.random() < 0.6:
        side = float(rng.choice([-1.0, 1.0]))
        bed = blob(rng, middle[0], middle[1] + side * down, across * 1.3, size, 0, 0.1)
        scene.fill(bed, PLACENTA if rng.random() < 0.7 else MUSCLE)
    if rng.random() < fluid:
        scene.fill(pool, FLUID, "fluid")
        scene.interface(pool, 0.006, float(rng.uniform(0, 10)), facing=3, closed=True)
    # It cannot leave its fluid, but may touch the wall.
    room = max(min(across, down) - size, 0.0)
    place = (
        middle[0] + float(rng.uniform(-1, 1)) * room * 0.8,
        middle[1] + float(rng.uniform(-1, 1)) * room * 0.8,
    )
    if rng.random() < 0.4:
        turn = float(rng.uniform(0, 6.3))
        far = size * float(rng.uniform(1.2, 1.7))
        limb(rng, scene, place[0] + far * np.cos(turn), place[1] + far * np.sin(turn), size * 0.3)
    turn = float(rng.uniform(-np.pi, np.pi))
    return scene, Frame(place, size, turn, bool(rng.random() < 0.5))
