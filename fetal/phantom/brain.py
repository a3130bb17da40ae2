"""A fetal head cut across: skull, midline, cavum, thalami, ventricles, perhaps the cerebellum."""

import numpy as np

from fetal.phantom.probe import Fan
from fetal.phantom.shapes import Frame, arc, blob, curve, ellipse
from fetal.phantom.surroundings import FLUID, womb
from fetal.phantom.tissue import Scene, Tissue


def brain(rng: np.random.Generator, fan: Fan) -> Scene:
    """Paint a transthalamic, transventricular or transcerebellar cut of the head.

    The head's unit is half its length; its midline is the x axis, its forehead at x < 0.
    """
    length = float(rng.uniform(0.36, 0.62))
    frame = Frame(
        (float(rng.normal(0, 0.07)), float(rng.normal(0.47, 0.05))),
        length,
        float(rng.normal(0, 0.22)),
        bool(rng.random() < 0.5),
    )
    width = float(rng.uniform(0.68, 0.82))
    if length * width > 0.48:
        width = 0.48 / length
    scene = womb(rng, fan, Frame(frame.middle, length * 0.9))
    _skull(rng, scene, frame, width)
    level = float(rng.uniform(-15, -6))
    _tissue(rng, scene, frame, width, level)
    _midline(rng, scene, frame, width, level)
    _sides(rng, scene, frame, width, level)
    if rng.random() < 0.45:
        _cerebellum(rng, scene, frame, width, level)
    return scene


def _skull(rng: np.random.Generator, scene: Scene, frame: Frame, width: float) -> None:
    outline = blob(rng, 0, 0, 1, width, 0, 0.012, 96)
    scalp = float(rng.uniform(1.04, 1.1))
    scene.fill(frame(outline * np.float32(scalp)), Tissue(-6, 0, 2, 2))
    scene.fill(frame(outline), Tissue(-14, 0, 2), "head")
    thick = float(rng.uniform(0.016, 0.03))
    scene.interface(
        frame(outline),
        thick,
        float(rng.uniform(15, 23)),
        loss=float(rng.uniform(20, 90)),
        facing=float(rng.uniform(0.8, 3)),
        patchy=4,
        closed=True,
        name="skull",
    )


def _tissue(
    rng: np.random.Generator, scene: Scene, frame: Frame, width: float, level: float
) -> None:
    inner = ellipse(0, 0, 0.93, width * 0.93)
    scene.fill(frame(inner), Tissue(level, 0, 3.5), "brain")
    # The half near the probe drowns in the skull's reverberation.
    scene.fill(frame(blob(rng, 0, 0, 0.85, width * 0.55, 0, 0.15)), Tissue(level + 3, 0, 3.5))
    for _ in range(rng.integers(16, 40)):
        x, y = float(rng.uniform(-0.75, 0.75)), float(rng.uniform(-0.75, 0.75)) * width
        if np.hypot(x, y / width) > 0.85:
            continue
        bend = float(rng.normal(0, 0.05))
        reach = float(rng.uniform(0.04, 0.13))
        line = curve([(x - reach, y), (x, y + bend), (x + reach, y + bend)], 8)
        scene.interface(frame(line), 0.006, float(rng.uniform(-8, 8)), facing=1)


def _midline(
    rng: np.random.Generator, scene: Scene, frame: Frame, width: float, level: float
) -> None:
    thalami = float(rng.uniform(0.12, 0.18))
    for side in (-1, 1):
        scene.fill(
            frame(blob(rng, 0.12, side * thalami * 0.95, 0.24, thalami, side * 0.25, 0.07)),
            Tissue(level - 4, 0, 1.5),
            "thalami",
        )
    bend = float(rng.normal(0, 0.012))
    bright = float(rng.uniform(8, 17))
    thin = float(rng.uniform(0.006, 0.011))
    cavum = float(rng.uniform(-0.5, -0.38))
    box = float(rng.uniform(0.16, 0.24))
    for name, start, stop in (("falx", -0.93, cavum), ("falx", cavum + box, 0.2)):
        line = curve([(start, 0), ((start + stop) / 2, bend), (stop, 0)], 12)
        scene.interface(frame(line), thin, bright, facing=0.6, patchy=5, name=name)
    back = curve([(0.42, 0), (0.65, -bend), (0.92, 0)], 12)
    scene.interface(frame(back), thin, bright - 4, facing=0.6, patchy=5, name="falx")
    high = float(rng.uniform(0.045, 0.07))
    scene.fill(
        frame(blob(rng, cavum + box / 2, 0, box / 2, high, 0, 0.05)),
        Tissue(-34, 0, 0),
        "cavum",
    )
    for side in (-1, 1):
        wall = curve(
            [
                (cavum, side * high),
                (cavum + box / 2, side * high * 1.1),
                (cavum + box, side * high),
            ],
            8,
        )
        scene.interface(frame(wall), 0.007, bright - 1, facing=0.8, patchy=4)


def _sides(
    rng: np.random.Generator, scene: Scene, frame: Frame, width: float, level: float
) -> None:
    """Lateral ventricles with the choroid plexus, and the insula, stronger on the far side."""
    far = 1.0 if np.cos(frame.turn) > 0 else -1.0
    for side in (-far, far):
        weak = 0.0 if side == far else 6.0
        place = side * width * float(rng.uniform(0.36, 0.5))
        if rng.random() < 0.7:
            scene.fill(
                frame(blob(rng, 0.45, place, 0.26, 0.09, -side * 0.25, 0.08)),
                Tissue(level - 9, 0, 1),
                "ventricles",
            )
            scene.fill(
                frame(blob(rng, 0.4, place, 0.17, 0.065, -side * 0.25, 0.15)),
                Tissue(level + 12 - weak, 0, 2),
                "choroid plexus",
            )
        for _ in range(2):
            x = float(rng.uniform(-0.5, 0.4))
            line = curve(
                [(x - 0.12, place), (x, place + side * 0.03), (x + 0.14, place - side * 0.03)], 10
            )
            scene.interface(frame(line), 0.01, float(rng.uniform(4, 13)) - weak, facing=1)
        insula = arc(0, 0, 0.5, side * width * 0.68, 0.9, 2.1, 14)
        scene.interface(frame(insula), 0.01, float(rng.uniform(0, 9)) - weak, facing=1)


def _cerebellum(
    rng: np.random.Generator, scene: Scene, frame: Frame, width: float, level: float
) -> None:
    scene.fill(frame(ellipse(0.76, 0, 0.09, 0.2)), FLUID)
    reach = float(rng.uniform(0.15, 0.19))
    for side in (-1, 1):
        lobe = blob(rng, 0.58, side * reach * 1.05, 0.13, reach, 0, 0.05)
        scene.fill(frame(lobe), Tissue(level + 5, 0, 2), "cerebellum")
        scene.interface(frame(lobe), 0.009, 3, facing=0.6, closed=True)
    scene.fill(frame(ellipse(0.56, 0, 0.09, 0.06)), Tissue(level + 9), "cerebellum")
