"""Views that are none of the five planes: a vessel, a profile, limbs, the placenta."""

from collections.abc import Callable

import numpy as np

from fetal.phantom.probe import curved, linear
from fetal.phantom.shapes import Frame, arc, blob, curve, ribbon, rounded
from fetal.phantom.surroundings import FLUID, PLACENTA, limb, womb
from fetal.phantom.tissue import Scene, Tissue


def other(rng: np.random.Generator, size: tuple[int, int]) -> Scene:
    """Paint one of the views that belong to no plane, with the probe that it needs."""
    view = rng.choice(len(_VIEWS), p=[0.3, 0.3, 0.2, 0.2])
    return _VIEWS[view](rng, size)


def _vessel(rng: np.random.Generator, size: tuple[int, int]) -> Scene:
    """An artery along its course, as a vascular probe shows it."""
    fan = linear(rng, size)
    scene = Scene(fan, Tissue(float(rng.uniform(-6, 0)), 0, 2, 5), rng)
    u = fan.apex[0]
    v = float(rng.uniform(0.4, 0.55))
    slope = float(rng.normal(0, 0.08))
    wide = float(rng.uniform(0.2, 0.45))
    sag = float(rng.normal(0, 0.03))
    line = curve([(u - 0.9, v - slope), (u, v + sag), (u + 0.9, v + slope)], 30)
    lumen = ribbon(line, wide)
    scene.fill(ribbon(line, wide + 0.06), Tissue(-12, 0, 1, 2))
    scene.fill(lumen, Tissue(float(rng.uniform(-30, -17)), -4, 4), "lumen")
    for wall, bright, outward in ((lumen[:30], 6.0, -0.035), (lumen[30:], 11.0, 0.035)):
        strength = bright + float(rng.normal(0, 2))
        scene.interface(wall, 0.009, strength, facing=2, patchy=6, name="wall")
        shift = np.array([0, outward], np.float32)
        scene.interface(wall + shift, 0.008, strength - 2, facing=2, patchy=8)
    return scene


def _profile(rng: np.random.Generator, size: tuple[int, int]) -> Scene:
    """A face from the side: forehead, nose, lips and chin against fluid."""
    fan = curved(rng, size)
    frame = Frame(
        (float(rng.normal(0.05, 0.08)), float(rng.uniform(0.45, 0.6))),
        float(rng.uniform(0.28, 0.4)),
        float(rng.normal(-0.9, 0.35)),
        bool(rng.random() < 0.5),
    )
    scene = womb(rng, fan, frame)
    scene.fill(frame(blob(rng, -0.9, 0, 1.2, 1.3, 0, 0.1)), FLUID, "fluid")
    front = rounded(
        np.array(
            [
                *[(-0.3, -0.95), (-0.68, -0.68), (-0.74, -0.35), (-0.7, -0.25), (-0.95, -0.04)],
                *[(-0.74, 0.06), (-0.86, 0.15), (-0.76, 0.22), (-0.85, 0.3), (-0.7, 0.38)],
                *[(-0.74, 0.55), (-0.5, 0.68), (0.2, 0.75)],
            ],
            np.float32,
        )
    )
    head = np.concatenate([front, arc(0, -0.25, 0.95, 0.85, 1.2, -1.9, 24)])
    scene.fill(frame(head), Tissue(-6, 0, 4), "head")
    scene.interface(frame(front), 0.01, 9, facing=0.8, patchy=4, name="profile")
    scene.fill(frame(blob(rng, 0.1, -0.3, 0.68, 0.58, 0, 0.04)), Tissue(-18, 0, 3))
    skull = arc(0.1, -0.3, 0.72, 0.6, 2.7, 5.6, 24)
    scene.interface(frame(skull), 0.028, 13, loss=120, facing=0.8, name="skull")
    for y in (-0.1, 0.12, 0.4):
        bone = curve([(-0.6, y), (-0.35, y + 0.02), (-0.1, y + 0.06)], 10)
        scene.interface(frame(bone), 0.03, 11, loss=160, facing=0.6, name="facial bones")
    return scene


def _limbs(rng: np.random.Generator, size: tuple[int, int]) -> Scene:
    """Limbs cut across in a pool of fluid."""
    fan = curved(rng, size)
    middle = (float(rng.normal(0, 0.1)), float(rng.uniform(0.4, 0.6)))
    scene = womb(rng, fan, Frame(middle, 0.35))
    scene.fill(blob(rng, *middle, 0.6, 0.38, float(rng.normal(0, 0.3)), 0.12), FLUID, "fluid")
    for _ in range(rng.integers(2, 6)):
        u = middle[0] + float(rng.normal(0, 0.25))
        v = middle[1] + float(rng.normal(0.05, 0.14))
        limb(rng, scene, u, v, float(rng.uniform(0.06, 0.13)))
    return scene


def _placenta(rng: np.random.Generator, size: tuple[int, int]) -> Scene:
    """Placenta on the front wall, fluid beneath it, and the cord."""
    fan = curved(rng, size)
    scene = womb(rng, fan, Frame((0.0, 0.75), 0.45))
    tilt = float(rng.normal(0, 0.2))
    scene.fill(blob(rng, 0, 0.68, 0.9, 0.34, tilt, 0.1), FLUID, "fluid")
    scene.fill(blob(rng, 0, 0.28, 1.0, 0.22, tilt, 0.06), PLACENTA, "placenta")
    for _ in range(rng.integers(3, 7)):
        u, v = float(rng.uniform(-0.35, 0.35)), float(rng.uniform(0.55, 0.9))
        loop = blob(rng, u, v, 0.045, 0.035, 0, 0.1, 24)
        scene.fill(loop, Tissue(-30, 0, 0), "cord")
        scene.interface(loop, 0.012, 2, facing=0.6, closed=True)
    return scene


_VIEWS: tuple[Callable[[np.random.Generator, tuple[int, int]], Scene], ...] = (
    _vessel,
    _profile,
    _limbs,
    _placenta,
)
