"""Outlines: ellipses, irregular blobs, arcs and smooth curves, and the frame that places them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fetal.phantom.probe import Points


@dataclass(frozen=True)
class Frame:
    """A body's own coordinates: its middle, its size, its turn and whether it is mirrored.

    Args:
        middle: (u, v) in the picture plane.
        scale: length of the body's unit, in heights of the scan.
        turn: rotation in radians.
        mirrored: whether the body's x axis is flipped first.
    """

    middle: tuple[float, float]
    scale: float
    turn: float = 0.0
    mirrored: bool = False

    def __call__(self, points: Points) -> Points:
        """Place points of the body in the picture plane."""
        local = points * np.array([-1 if self.mirrored else 1, 1], np.float32) * self.scale
        cosine, sine = np.cos(self.turn), np.sin(self.turn)
        turned = local @ np.array([[cosine, sine], [-sine, cosine]], np.float32)
        return np.asarray(turned + np.array(self.middle), np.float32)


def ellipse(x: float, y: float, a: float, b: float, turn: float = 0.0, points: int = 48) -> Points:
    """The outline of an ellipse with half axes a and b, its first axis turned by `turn`."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return Frame((x, y), 1.0, turn)(
        np.stack([a * np.cos(angle), b * np.sin(angle)], axis=-1).astype(np.float32)
    )


def blob(
    rng: np.random.Generator,
    x: float,
    y: float,
    a: float,
    b: float,
    turn: float = 0.0,
    rough: float = 0.1,
    points: int = 64,
) -> Points:
    """An ellipse whose radius is bent by a few random waves; `rough` is their share of it."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    order = np.arange(2, 7)
    height = rng.normal(0, rough, order.size) / np.sqrt(order)
    waves = np.cos(order[:, None] * angle + rng.uniform(0, 2 * np.pi, (order.size, 1)))
    radius = 1 + height @ waves
    return Frame((x, y), 1.0, turn)(
        np.stack([a * radius * np.cos(angle), b * radius * np.sin(angle)], -1).astype(np.float32)
    )


def arc(
    x: float, y: float, a: float, b: float, start: float, stop: float, points: int = 24
) -> Points:
    """A piece of an ellipse's outline between two angles in radians."""
    angle = np.linspace(start, stop, points)
    return np.stack([x + a * np.cos(angle), y + b * np.sin(angle)], -1).astype(np.float32)


def curve(knots: npt.ArrayLike, points: int = 24) -> Points:
    """A smooth line through the knots (n, 2), at even steps of the knots' own count."""
    given = np.asarray(knots, np.float64)
    place = np.arange(len(given))
    degree = min(3, len(given) - 1)
    at = np.linspace(0, len(given) - 1, points)
    return np.stack(
        [np.polyval(np.polyfit(place, given[:, k], degree), at) for k in (0, 1)], -1
    ).astype(np.float32)


def ribbon(line: Points, width: float, taper: float = 0.0) -> Points:
    """The outline of a line drawn `width` thick; `taper` (0 to 1) thins its two ends."""
    along = np.gradient(line, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], -1)
    across /= np.maximum(np.hypot(across[:, 0], across[:, 1]), 1e-9)[:, None]
    place = np.linspace(-1, 1, len(line))
    half = 0.5 * width * (1 - taper * place**4)[:, None]
    return np.concatenate([line + across * half, (line - across * half)[::-1]]).astype(np.float32)


def rounded(corners: Points, rounds: int = 3) -> Points:
    """An open line with its corners cut off again and again (Chaikin 1974)."""
    line = corners
    for _ in range(rounds):
        first = 0.75 * line[:-1] + 0.25 * line[1:]
        second = 0.25 * line[:-1] + 0.75 * line[1:]
        middle = np.stack([first, second], axis=1).reshape(-1, 2)
        line = np.concatenate([line[:1], middle, line[-1:]]).astype(np.float32)
    return line
