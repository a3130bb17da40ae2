"""The womb around the fetus: the mother's wall, placenta, fluid, and stray limbs."""

import numpy as np

from fetal.phantom.probe import Fan
from fetal.phantom.shapes import Frame, blob, ellipse
from fetal.phantom.tissue import Scene, Tissue

FLUID = Tissue(echo=-42, loss=-22, marbling=0)
MUSCLE = Tissue(echo=-2, marbling=2.5, streaks=4)
PLACENTA = Tissue(echo=0, marbling=1.5)


def womb(rng: np.random.Generator, fan: Fan, body: Frame, *, wall: bool = True) -> Scene:
    """Paint what lies around a body whose unit circle is the body's outline.

    Args:
        rng: the phantom's source of chance.
        fan: the probe's field.
        body: the frame of the fetal part that is painted afterwards.
        wall: whether the mother's abdominal wall may show at the top.

    Returns:
        The scene, ready for the body.
    """
    scene = Scene(fan, Tissue(float(rng.uniform(-8, 2)), 0, 3.5, float(rng.uniform(0.8, 3.5))), rng)
    u, v = body.middle
    size = body.scale
    if rng.random() < 0.85:
        side = rng.choice([-1.0, 1.0])
        pool = blob(
            rng,
            u + side * size * float(rng.uniform(0.3, 0.9)),
            v - size * float(rng.uniform(-0.2, 0.5)),
            size * float(rng.uniform(1.1, 1.6)),
            size * float(rng.uniform(0.7, 1.15)),
            float(rng.normal(0, 0.3)),
            0.12,
        )
        scene.fill(pool, FLUID, "fluid")
        scene.interface(pool, 0.006, float(rng.uniform(0, 10)), facing=3, closed=True)
        if rng.random() < 0.5:
            _limbs(rng, scene, u + side * size * 1.3, v, size)
    if rng.random() < 0.5:
        side = rng.choice([-1.0, 1.0])
        scene.fill(
            blob(rng, u + side * size * 1.2, v - size * 1.3, size * 1.3, size * 0.7, side * 0.5),
            PLACENTA,
        )
    if wall and rng.random() < 0.75:
        _wall(rng, scene, v - size)
    _edges(rng, scene, body)
    return scene


def _edges(rng: np.random.Generator, scene: Scene, body: Frame) -> None:
    """Beams that graze a round body are bent away: a dark strip behind each of its flanks."""
    fan = scene.fan
    u, v = body.middle[0] - fan.apex[0], body.middle[1] - fan.apex[1]
    distance = float(np.hypot(u, v))
    spread = float(np.arcsin(min(0.99, body.scale / distance)))
    for side in (-1, 1):
        angle = float(np.arctan2(u, v)) + side * spread * float(rng.uniform(0.9, 1.02))
        wide = float(rng.uniform(0.03, 0.12)) * spread
        place = np.array([angle - wide, angle + wide])
        start = distance * float(np.cos(spread))
        strip = np.concatenate([fan.polar(place, start), fan.polar(place[::-1], fan.bottom + 0.1)])
        scene.weaken(strip, float(rng.uniform(8, 60)))


def _wall(rng: np.random.Generator, scene: Scene, body_top: float) -> None:
    """The mother's skin, fat and muscle: layers across the beams, at most down to the body."""
    fan = scene.fan
    room = body_top - (fan.apex[1] + fan.top)
    depth = min(float(rng.uniform(0.06, 0.25)), max(room, 0.03))
    angle = np.linspace(-fan.half, fan.half, 40)
    edges = fan.top - 0.05 + np.array([0, 0.45, 1.0]) * (depth + 0.05)
    for k, (echo, streaks) in enumerate(((-4.0, 3.0), (1.0, 5.0))):
        wave = 0.006 * np.sin(angle * float(rng.uniform(3, 9)) + float(rng.uniform(0, 6)))
        outline = np.concatenate(
            [fan.polar(angle, edges[k] + wave), fan.polar(angle, edges[k + 1] + wave)[::-1]]
        )
        scene.fill(outline, Tissue(echo + float(rng.normal(0, 2)), 0, 2, streaks))
    for _ in range(rng.integers(2, 5)):
        where = fan.top + depth * float(rng.uniform(0.1, 1.0))
        slope = angle * float(rng.normal(0, 0.05))
        scene.interface(fan.polar(angle, where + slope), 0.005, float(rng.uniform(2, 9)), facing=2)


def _limbs(rng: np.random.Generator, scene: Scene, u: float, v: float, size: float) -> None:
    """Arms or legs cut across: round, with a bright bone that throws a shadow."""
    for _ in range(rng.integers(1, 4)):
        radius = size * float(rng.uniform(0.14, 0.26))
        x = u + size * float(rng.normal(0, 0.35))
        y = v + size * float(rng.normal(0, 0.5))
        limb(rng, scene, x, y, radius)


def limb(rng: np.random.Generator, scene: Scene, u: float, v: float, radius: float) -> None:
    """One limb cut across."""
    outline = blob(rng, u, v, radius, radius * float(rng.uniform(0.75, 1)), 0, 0.08)
    scene.fill(outline, Tissue(-4, 0, 3), "limb")
    scene.interface(outline, 0.009, 7, facing=0.8, closed=True)
    bone = radius * float(rng.uniform(0.2, 0.35))
    turn = float(rng.uniform(0, 3))
    scene.fill(ellipse(u, v, bone, bone * 0.6, turn, 16), Tissue(15, 120, 3), "bone")
