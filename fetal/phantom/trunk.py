"""The fetal trunk cut across: the abdomen at the stomach, and the chest at four chambers."""

from collections.abc import Callable

import numpy as np

from fetal.phantom.probe import Fan, Points
from fetal.phantom.shapes import Frame, arc, blob, curve, ellipse, ribbon
from fetal.phantom.surroundings import womb
from fetal.phantom.tissue import Scene, Tissue


def abdomen(rng: np.random.Generator, fan: Fan) -> Scene:
    """Paint the abdominal circumference: liver, stomach, umbilical vein, spine, ribs.

    The trunk's unit is half its longer axis; its spine lies at x = 0.75.
    """
    scene, frame, high = _body(rng, fan, float(rng.uniform(0.27, 0.47)), (0.82, 0.98))
    liver = float(rng.uniform(-9, -2))
    scene.fill(frame(blob(rng, 0, 0, 0.95, 0.95 * high, 0, 0.02)), Tissue(liver, 0, 2), "abdomen")
    _texture(rng, scene, frame, high, liver)
    side = float(rng.choice([-1.0, 1.0]))
    _ribs(rng, scene, frame, high)
    _spine(rng, scene, frame, float(rng.uniform(0.68, 0.78)))
    x, y = float(rng.uniform(-0.05, 0.3)), side * high * float(rng.uniform(0.42, 0.6))
    scene.fill(
        frame(
            blob(
                rng,
                x,
                y,
                float(rng.uniform(0.17, 0.28)),
                float(rng.uniform(0.11, 0.17)),
                float(rng.normal(0, 0.5)),
                0.08,
            )
        ),
        Tissue(-36, -6, 0),
        "stomach",
    )
    _vein(rng, scene, frame, side)
    for offset, radius in ((0.0, 0.055), (-side * 0.17, 0.05)):
        vessel = ellipse(0.46, offset + float(rng.normal(0, 0.03)), radius, radius, points=20)
        scene.fill(frame(vessel), Tissue(-32, -4, 0), "great vessels")
    return scene


def thorax(rng: np.random.Generator, fan: Fan) -> Scene:
    """Paint the four-chamber view: heart and lungs within ribs, spine at x = 0.75."""
    scene, frame, high = _body(rng, fan, float(rng.uniform(0.3, 0.52)), (0.8, 0.95))
    lung = float(rng.uniform(-7, 1))
    scene.fill(frame(blob(rng, 0, 0, 0.94, 0.94 * high, 0, 0.02)), Tissue(lung, 0, 2), "chest")
    _ribs(rng, scene, frame, high)
    spine = float(rng.uniform(0.68, 0.78))
    _spine(rng, scene, frame, spine)
    side = float(rng.choice([-1.0, 1.0]))
    scene.fill(
        frame(ellipse(spine - 0.22, side * 0.1, 0.065, 0.065, points=20)),
        Tissue(-32, -4, 0),
        "great vessels",
    )
    axis = np.pi + side * float(rng.uniform(-0.95, -0.5))
    heart = Frame(
        (float(rng.uniform(-0.22, -0.1)), side * float(rng.uniform(0.08, 0.2))),
        float(rng.uniform(0.42, 0.58)),
        axis,
    )
    _heart(rng, scene, lambda points: frame(heart(points)))
    return scene


def _body(
    rng: np.random.Generator, fan: Fan, size: float, shape: tuple[float, float]
) -> tuple[Scene, Frame, float]:
    """The womb with a round trunk: skin, fat under it, and the body's frame."""
    turn = float(rng.choice([0, np.pi, np.pi / 2, -np.pi / 2], p=[0.36, 0.34, 0.15, 0.15]))
    frame = Frame(
        (float(rng.normal(0, 0.08)), float(rng.normal(0.48, 0.05))),
        size,
        turn + float(rng.normal(0, 0.4)),
        bool(rng.random() < 0.5),
    )
    high = float(rng.uniform(*shape))
    scene = womb(rng, fan, frame)
    skin = blob(rng, 0, 0, 1, high, 0, 0.025, 96)
    scene.fill(frame(skin), Tissue(float(rng.uniform(-8, -2)), 0, 2, 2), "trunk")
    scene.interface(
        frame(skin),
        float(rng.uniform(0.008, 0.016)),
        float(rng.uniform(7, 15)),
        facing=float(rng.uniform(1.5, 5)),
        patchy=3.5,
        closed=True,
        name="skin",
    )
    return scene, frame, high


def _texture(
    rng: np.random.Generator, scene: Scene, frame: Frame, high: float, liver: float
) -> None:
    """Bowel and vessels: patches a little brighter or darker than the liver, and short walls."""
    for _ in range(rng.integers(3, 7)):
        x, y = float(rng.uniform(-0.6, 0.5)), float(rng.uniform(-0.6, 0.6)) * high
        scene.fill(
            frame(blob(rng, x, y, 0.2, 0.13, float(rng.uniform(0, 3)), 0.2)),
            Tissue(liver + float(rng.normal(0, 2.5)), 0, 2),
        )
    for _ in range(rng.integers(2, 7)):
        x, y = float(rng.uniform(-0.6, 0.5)), float(rng.uniform(-0.6, 0.6)) * high
        scene.fill(
            frame(blob(rng, x, y, 0.04, 0.018, float(rng.uniform(0, 3)), 0.1, 20)), Tissue(-24)
        )


def _ribs(rng: np.random.Generator, scene: Scene, frame: Frame, high: float) -> None:
    """Ribs as arcs on both sides just under the skin, each with its shadow."""
    for side in (-1, 1):
        for _ in range(rng.integers(1, 4)):
            start = float(rng.uniform(0.4, 2.2))
            stop = start + float(rng.uniform(0.2, 0.8))
            rib = arc(0, 0, 0.88, side * 0.88 * high, start, stop, 16)
            scene.interface(
                frame(rib),
                float(rng.uniform(0.01, 0.019)),
                float(rng.uniform(9, 18)),
                loss=float(rng.uniform(60, 260)),
                facing=1.5,
                patchy=4,
                name="ribs",
            )


def _spine(rng: np.random.Generator, scene: Scene, frame: Frame, x: float) -> None:
    """Three centres of bone around a small canal; the shadow behind is part of the picture."""
    spread = float(rng.uniform(0.09, 0.13))
    scene.fill(frame(blob(rng, x + 0.02, 0, 0.15, 0.17, 0, 0.1)), Tissue(-8, 0, 4))
    scene.fill(frame(ellipse(x + 0.05, 0, 0.045, 0.05, points=16)), Tissue(-26))
    for dx, dy in ((-0.07, 0.0), (0.1, spread), (0.1, -spread)):
        centre = blob(rng, x + dx, dy, 0.065, 0.04, float(rng.uniform(0, 3)), 0.2, 20)
        scene.fill(frame(centre), Tissue(12, float(rng.uniform(40, 160)), 3), "spine")


def _vein(rng: np.random.Generator, scene: Scene, frame: Frame, side: float) -> None:
    """The umbilical vein: a short dark hook in the front third, with bright walls."""
    x = float(rng.uniform(-0.35, -0.2))
    line = curve(
        [(x - 0.18, side * 0.02), (x, 0.0), (x + 0.14, -side * 0.05), (x + 0.2, -side * 0.17)], 14
    )
    thick = float(rng.uniform(0.06, 0.09)) * frame.scale
    placed = frame(line)
    scene.interface(placed, thick * 1.5, -2, facing=1.5)
    scene.fill(ribbon(placed, thick, 0.5), Tissue(-34, -4, 0), "umbilical vein")


def _heart(rng: np.random.Generator, scene: Scene, place: Callable[[Points], Points]) -> None:
    """Four chambers: the apex at x = 1, the atria at x < 0, the septum along the x axis."""
    muscle = float(rng.uniform(-15, -7))
    blood = Tissue(float(rng.uniform(-36, -26)), -5, 2)
    outline = place(blob(rng, 0, 0, 1.0, 0.78, 0, 0.06))
    scene.fill(outline, Tissue(muscle, 0, 2.5), "heart")
    scene.interface(outline, 0.008, float(rng.uniform(-6, 6)), facing=1.5, patchy=5, closed=True)
    for side in (-1, 1):
        bulge = float(rng.uniform(0.75, 1.15))
        ventricle = blob(rng, 0.26, side * 0.32, 0.45, 0.2 * bulge, -side * 0.3, 0.12)
        atrium = blob(rng, -0.47, side * 0.32, 0.28, 0.24 * bulge, 0, 0.12)
        for chamber, name in ((ventricle, "ventricles"), (atrium, "atria")):
            scene.fill(place(chamber), blood, name)
            scene.interface(
                place(chamber), 0.006, float(rng.uniform(-6, 3)), facing=2, patchy=5, closed=True
            )
    bright = float(rng.uniform(0, 11))
    septum = curve([(-0.12, 0), (0.3, float(rng.normal(0, 0.05))), (0.8, 0)], 20)
    scene.fill(place(ribbon(septum, 0.13, -0.2)), Tissue(muscle + 5, 0, 2), "septum")
    scene.interface(place(septum), 0.014, bright - 2, facing=1, patchy=4)
    behind = curve([(-0.8, 0.03), (-0.55, 0.05), (-0.42, 0.03)], 10)
    scene.fill(place(ribbon(behind, 0.07)), Tissue(muscle + 3, 0, 2), "septum")
    scene.interface(place(behind), 0.01, bright - 6, facing=1, patchy=4)
    for side in (-1, 1):
        swing = float(rng.uniform(-0.08, 0.22))
        valve = curve([(-0.13, 0), (-0.13 + swing, side * 0.28), (-0.17, side * 0.58)], 14)
        scene.interface(place(valve), 0.009, bright - 1, facing=0.8, patchy=4, name="valves")
    scene.fill(place(blob(rng, -0.14, 0, 0.06, 0.08, 0, 0.2, 20)), Tissue(bright, 0, 2))
