"""A fetal thigh cut along its bone: the shaft, its shadow, and the muscle around it."""

import numpy as np

from fetal.phantom.probe import Fan
from fetal.phantom.shapes import Frame, arc, blob, curve, ribbon
from fetal.phantom.surroundings import womb
from fetal.phantom.tissue import Scene, Tissue


def femur(rng: np.random.Generator, fan: Fan) -> Scene:
    """Paint the thigh; its unit is half the shaft's length, and the shaft lies on the x axis."""
    frame = Frame(
        (float(rng.normal(0, 0.06)), float(rng.uniform(0.25, 0.5))),
        float(rng.uniform(0.24, 0.48)),
        float(rng.normal(0, 0.22)),
        bool(rng.random() < 0.5),
    )
    scene = womb(rng, fan, Frame(frame.middle, frame.scale * 0.9), wall=bool(rng.random() < 0.6))
    thick = float(rng.uniform(0.02, 0.036)) / frame.scale
    above = float(rng.uniform(0.2, 0.4))
    if rng.random() < 0.35:
        _lower_leg(rng, scene, frame, thick)
    _thigh(rng, scene, frame, above)
    bow = float(rng.normal(-0.03, 0.04))
    _shaft(rng, scene, frame, bow, thick)
    if rng.random() < 0.35:
        _other_thigh(rng, scene, frame, thick)
    return scene


def _thigh(rng: np.random.Generator, scene: Scene, frame: Frame, above: float) -> None:
    below = float(rng.uniform(0.3, 0.6))
    knee = float(rng.uniform(1.2, 1.4))
    sway = rng.normal(0, 0.05, 4)
    edge = np.array([-1.6, -1.1, -1.0, -1.0]) * above + sway
    top = curve(np.stack([[-2.2, -0.9, 0.3, knee], edge], -1), 30)
    end = arc(knee, (below - above) / 2, 0.25, (below + above) / 2, -np.pi / 2, np.pi / 2, 12)
    bottom = curve([(knee, below), (0.3, below * 1.1), (-0.9, below * 1.2), (-2.2, below)], 30)
    level = float(rng.uniform(-10, -2))
    whole = np.concatenate([top, end, bottom])
    scene.fill(frame(whole), Tissue(level, 0, 2.5, 3), "thigh")
    scene.interface(frame(top), 0.012, float(rng.uniform(6, 14)), facing=1.5, patchy=5, name="skin")
    _sheets(rng, scene, frame, above)
    scene.interface(frame(bottom), 0.01, float(rng.uniform(-6, 4)), facing=1.5, name="skin")
    for _ in range(rng.integers(3, 8)):
        y = float(rng.uniform(-above, below))
        x = float(rng.uniform(-1, 0.3))
        line = curve([(x, y), (x + 0.3, y + 0.02), (x + float(rng.uniform(0.4, 1.0)), y)], 12)
        scene.interface(frame(line), 0.005, float(rng.uniform(-8, 3)), facing=2)


def _sheets(rng: np.random.Generator, scene: Scene, frame: Frame, above: float) -> None:
    """Layers of the womb's wall over the thigh, nearly parallel to its skin."""
    for _ in range(rng.integers(0, 3)):
        y = -above - float(rng.uniform(0.06, 0.35))
        tilt = float(rng.normal(0, 0.06))
        line = curve([(-2, y - tilt), (-0.7, y), (0.6, y + tilt), (2, y - tilt)], 30)
        scene.interface(frame(line), 0.007, float(rng.uniform(2, 12)), facing=2, patchy=5)


def _shaft(rng: np.random.Generator, scene: Scene, frame: Frame, bow: float, thick: float) -> None:
    for end in (-1, 1):
        scene.fill(
            frame(blob(rng, end * 1.1, 0.02, 0.14, 0.13, 0, 0.1)), Tissue(-18, 0, 3), "epiphysis"
        )
        for _ in range(rng.integers(1, 4)):
            x, y = end * float(rng.uniform(1.02, 1.3)), float(rng.uniform(-0.12, 0.15))
            scene.fill(frame(blob(rng, x, y, 0.05, 0.03, 0, 0.2, 16)), Tissue(6, 0, 2))
    line = curve([(-1, 0.02), (-0.4, bow), (0.4, bow), (1, 0.02)], 32)
    loss = float(rng.uniform(160, 450))
    scene.fill(frame(ribbon(line, thick * 1.25, 0.5)), Tissue(float(rng.uniform(4, 9)), 0, 3))
    scene.interface(
        frame(line),
        thick * frame.scale,
        float(rng.uniform(12, 18)),
        loss=loss,
        facing=1.2,
        patchy=5,
        name="shaft",
    )


def _lower_leg(rng: np.random.Generator, scene: Scene, frame: Frame, thick: float) -> None:
    """The shin, bent away at the knee."""
    bend = float(rng.uniform(0.5, 1.3))
    leg = Frame((1.25, 0.12), 1.0, bend)
    bone = leg(curve([(0.15, 0), (0.5, -0.03), (float(rng.uniform(0.7, 1.1)), 0.02)], 20))
    scene.fill(frame(ribbon(bone, float(rng.uniform(0.4, 0.6)), 0.4)), Tissue(-7, 0, 3, 2), "shin")
    scene.interface(
        frame(bone), thick * frame.scale * 0.8, float(rng.uniform(13, 20)), loss=150, facing=1
    )


def _other_thigh(rng: np.random.Generator, scene: Scene, frame: Frame, thick: float) -> None:
    """The second thigh deeper in the picture, its bone fainter."""
    away = float(rng.uniform(0.8, 1.3))
    slope = float(rng.normal(0, 0.25))
    line = curve([(-0.9, away), (-0.2, away + 0.04), (0.7, away + slope)], 24)
    scene.fill(frame(ribbon(line, 0.5, 0.5)), Tissue(-10, 0, 3, 2))
    scene.interface(
        frame(line),
        thick * frame.scale * 0.8,
        float(rng.uniform(10, 18)),
        loss=120,
        facing=1,
        name="second shaft",
    )
