"""The mother's cervix along its canal, seen by an endovaginal probe."""

import numpy as np

from fetal.phantom.probe import Fan
from fetal.phantom.shapes import Frame, arc, blob, curve, ribbon
from fetal.phantom.surroundings import FLUID
from fetal.phantom.tissue import Scene, Tissue


def cervix(rng: np.random.Generator, fan: Fan) -> Scene:
    """Paint canal, inner mouth, cervical body, bladder and the edge of the fetal head.

    The unit is half the canal's length; the inner mouth is at x = 1.
    """
    scene = Scene(fan, Tissue(float(rng.uniform(-2, 2)), 0, 3, 1.0), rng)
    frame = Frame(
        (float(rng.normal(0.0, 0.05)), float(rng.uniform(0.42, 0.52))),
        float(rng.uniform(0.25, 0.34)),
        float(rng.normal(0.12, 0.16)),
        bool(rng.random() < 0.15),
    )
    _far_wall(rng, scene)
    body = blob(rng, 0, 0.03, 1.3, float(rng.uniform(0.7, 0.85)), 0, 0.04, 96)
    scene.fill(frame(body), Tissue(float(rng.uniform(-6, -3)), 0, 2, 1), "cervix")
    scene.interface(
        frame(arc(0, 0.03, 1.3, 0.78, 2.0, 4.2, 30)),
        0.014,
        float(rng.uniform(3, 10)),
        facing=0.4,
        patchy=5,
    )
    _waters(rng, scene, frame)
    bend = float(rng.normal(0, 0.08))
    line = curve([(-0.85, -bend), (-0.2, bend), (0.3, bend), (1, 0)], 30)
    scene.fill(
        frame(ribbon(line, float(rng.uniform(0.18, 0.3)), 0.7)),
        Tissue(float(rng.uniform(-9, -5)), 0, 2),
        "mucosa",
    )
    if rng.random() < 0.55:
        scene.fill(frame(ribbon(line, 0.035, 0.6)), Tissue(-26, 0, 2), "canal")
    else:
        scene.fill(frame(ribbon(line, 0.03, 0.6)), Tissue(3, 0, 2), "canal")
        scene.interface(frame(line), 0.008, float(rng.uniform(3, 8)), facing=0.8)
    _cap(rng, scene)
    return scene


def _far_wall(rng: np.random.Generator, scene: Scene) -> None:
    """The bright band of gut and fat behind the cervix."""
    fan = scene.fan
    angle = np.linspace(*fan.angles, 40)
    start = fan.bottom - float(rng.uniform(0.12, 0.25))
    wave = 0.02 * np.sin(angle * 4 + float(rng.uniform(0, 6)))
    scene.fill(
        np.concatenate([fan.polar(angle, start + wave), fan.polar(angle, fan.bottom + 0.02)[::-1]]),
        Tissue(4, 0, 4.5, 1.8),
    )
    left = np.linspace(-fan.half, -0.55, 20)
    reach = float(rng.uniform(0.4, 0.55))
    scene.fill(
        np.concatenate([fan.polar(left, fan.near), fan.polar(left, fan.bottom)[::-1]]),
        Tissue(2, 0, 4.5, 1.2),
    )
    scene.interface(fan.polar(left, reach + 0.2 * (left + 0.55)), 0.014, 9, facing=0.2, patchy=5)


def _waters(rng: np.random.Generator, scene: Scene, frame: Frame) -> None:
    """Amniotic fluid at the inner mouth, and behind it the skull of the fetus."""
    wide = float(rng.uniform(0.25, 0.5))
    scene.fill(frame(blob(rng, 1.45, 0.1, 0.5, wide, 0.3, 0.06)), FLUID, "fluid")
    if rng.random() < 0.6:
        head = arc(2.1, 0.45, 0.85, 0.75, 2.4, 4.3, 24)
        scene.fill(frame(blob(rng, 2.1, 0.45, 0.85, 0.75, 0, 0.03)), Tissue(-8, 0, 3))
        scene.interface(frame(head), 0.045, 17, loss=60, facing=1, patchy=4, name="fetal head")
    if rng.random() < 0.6:
        scene.fill(frame(blob(rng, 1.25, -0.95, 0.45, 0.14, -0.3, 0.08)), FLUID, "bladder")


def _cap(rng: np.random.Generator, scene: Scene) -> None:
    """The rings of the probe's own cover, right at its surface."""
    fan = scene.fan
    angle = np.linspace(-fan.half, fan.half, 50)
    for depth, strength in ((0.004, 22.0), (0.017, float(rng.uniform(8, 18)))):
        scene.interface(fan.polar(angle, fan.near + depth), 0.005, strength, facing=0)
