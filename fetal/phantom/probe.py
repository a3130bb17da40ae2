"""Where the beams go: the fan of a curved, an endovaginal or a linear probe, and its picture.

Two coordinate systems meet here. The picture plane is measured in heights of the scan: `u` to
the right of the middle, `v` down from the top edge. The beam grid counts beams (columns) and
depth samples (rows), and covers only the part of the fan that the scan shows.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

BEAMS = 224
DEPTHS = 512

_STEP = 4
"""Pixels between the nodes at which the scan conversion is worked out; the rest is linear."""

Points = npt.NDArray[np.float32]
"""Points in the picture plane, float32 (n, 2): u, v."""


@dataclass(frozen=True)
class Fan:
    """The field of a probe in the picture plane.

    A linear probe is a fan whose apex is so far away that its beams are parallel.

    Args:
        apex: where the beams meet, (u, v) in heights of the scan.
        near: distance from the apex at which tissue begins, in heights.
        far: distance from the apex of the last sample, in heights.
        half: half of the opening angle, in radians.
        size: height and width of the scan, in pixels.
    """

    apex: tuple[float, float]
    near: float
    far: float
    half: float
    size: tuple[int, int]

    def polar(self, angle: npt.ArrayLike, distance: npt.ArrayLike) -> Points:
        """The points at an angle from the middle beam (radians) and a distance from the apex."""
        angle, distance = np.broadcast_arrays(angle, distance)
        return np.stack(
            [
                self.apex[0] + distance * np.sin(angle),
                self.apex[1] + distance * np.cos(angle),
            ],
            axis=-1,
        ).astype(np.float32)

    def to_grid(self, points: Points) -> Points:
        """Turn points of the picture plane into (beam, depth) positions in the grid."""
        offset = points - np.array(self.apex, np.float32)
        angle = np.arctan2(offset[:, 0], offset[:, 1])
        distance = np.hypot(offset[:, 0], offset[:, 1])
        return np.stack([angle, distance], axis=-1) * self._scale + self._origin

    def to_pixels(self, points: Points) -> Points:
        """Turn points of the picture plane into (x, y) pixel positions."""
        height, width = self.size
        return points * np.float32(height) + np.array([width / 2 - 0.5, -0.5], np.float32)

    @property
    def sample_length(self) -> float:
        """Distance between two depth samples, in heights of the scan."""
        return float(1 / self._scale[1])

    @property
    def top(self) -> float:
        """Distance from the apex of the first sample that the scan shows, in heights."""
        return float(self._window[1, 0])

    @property
    def bottom(self) -> float:
        """Distance from the apex of the last sample that the scan shows, in heights."""
        return float(self._window[1, 1])

    @property
    def angles(self) -> tuple[float, float]:
        """The outermost beams that the scan shows, in radians from the middle beam."""
        return float(self._window[0, 0]), float(self._window[0, 1])

    def picture(self, beams: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Scan conversion: turn grey levels on the beam grid into the scan, 0 outside the fan."""
        beam, depth = cv2.split(self._map)
        scan = cv2.remap(beams, beam, depth, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.bitwise_and(scan, self._sector), np.uint8)

    @property
    def sector(self) -> npt.NDArray[np.bool_]:
        """The pixels inside the fan, bool (height, width)."""
        return self._sector > 0

    @cached_property
    def _nodes(self) -> npt.NDArray[np.float32]:
        """Angle and distance of every fourth pixel, with one node to spare on each side."""
        height, width = self.size
        x = (np.arange(-(-width // _STEP) + 2, dtype=np.float32) - 1) * _STEP + (_STEP - 1) / 2
        y = (np.arange(-(-height // _STEP) + 2, dtype=np.float32) - 1) * _STEP + (_STEP - 1) / 2
        u = (x + 0.5 - width / 2) / height - self.apex[0]
        v = (y + 0.5) / height - self.apex[1]
        # Level with the apex and above it no fan reaches; each side keeps its own sign, so that
        # what lies between two nodes never swings through the fan.
        distance = np.hypot(u[None, :], v[:, None])
        behind = np.copysign(np.float32(np.pi), u)[None, :]
        angle = np.where(v[:, None] > 0, np.arctan2(u[None, :], v[:, None]), behind)
        return np.stack([angle, distance], axis=-1).astype(np.float32)

    @cached_property
    def _window(self) -> npt.NDArray[np.float32]:
        """First and last angle, first and last distance that the scan shows, (2, 2)."""
        angle, distance = self._nodes[..., 0], self._nodes[..., 1]
        seen = (np.abs(angle) <= self.half) & (distance >= self.near) & (distance <= self.far)
        if not seen.any():
            raise ValueError("the fan lies outside the scan")
        spare = 2 * _STEP / self.size[0]
        low = max(self.near, float(distance[seen].min()) - spare)
        high = min(self.far, float(distance[seen].max()) + spare)
        turn = spare / low
        left = max(-self.half, float(angle[seen].min()) - turn)
        right = min(self.half, float(angle[seen].max()) + turn)
        return np.array([[left, right], [low, high]], np.float32)

    @cached_property
    def _scale(self) -> npt.NDArray[np.float32]:
        span = self._window[:, 1] - self._window[:, 0]
        return np.array([BEAMS - 1, DEPTHS - 1], np.float32) / span

    @cached_property
    def _origin(self) -> npt.NDArray[np.float32]:
        return -self._window[:, 0] * self._scale

    @cached_property
    def _map(self) -> npt.NDArray[np.float32]:
        """For every pixel its place in the beam grid, float32 (height, width, 2)."""
        height, width = self.size
        nodes = self._nodes * self._scale + self._origin
        rows, columns = nodes.shape[:2]
        full = cv2.resize(nodes, (columns * _STEP, rows * _STEP), interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(full[_STEP : _STEP + height, _STEP : _STEP + width])

    @cached_property
    def _sector(self) -> npt.NDArray[np.uint8]:
        """255 inside the fan, 0 outside."""
        low = np.array([-self.half, self.near], np.float32) * self._scale + self._origin
        high = np.array([self.half, self.far], np.float32) * self._scale + self._origin
        inside = cv2.inRange(self._map, tuple(float(n) for n in low), tuple(float(n) for n in high))
        above = max(0, int(np.ceil(self.apex[1] * self.size[0] - 0.5)))
        inside[: min(above, self.size[0])] = 0
        return np.asarray(inside, np.uint8)


def curved(rng: np.random.Generator, size: tuple[int, int]) -> Fan:
    """A curved abdominal probe; most pictures are zoomed, so that the fan overflows the scan."""
    aspect = size[1] / size[0]
    tilt = float(rng.normal(0, 0.05))
    style = rng.random()
    if style < 0.2:
        near = float(rng.uniform(0.25, 0.45))
        top = float(rng.uniform(0.01, 0.1))
        return Fan(
            (tilt, top - near),
            near,
            near + float(rng.uniform(0.82, 0.97)) - top,
            float(rng.uniform(0.45, 0.62)),
            size,
        )
    half = float(rng.uniform(0.38, 0.62))
    # The half-width of the fan at the top edge decides how much of the corners stays free.
    wide = float(rng.uniform(0.22, 0.45)) * aspect
    above = wide / np.tan(half)
    near = above * float(rng.uniform(0.6, 1.0))
    return Fan((tilt, -above), near, above + float(rng.uniform(0.97, 1.5)), half, size)


def cardiac(rng: np.random.Generator, size: tuple[int, int]) -> Fan:
    """A curved probe narrowed to the heart, for a higher frame rate."""
    if rng.random() < 0.4:
        return curved(rng, size)
    half = float(rng.uniform(0.3, 0.42))
    wide = float(rng.uniform(0.14, 0.3)) * size[1] / size[0]
    above = wide / np.tan(half)
    near = above * float(rng.uniform(0.6, 1.0))
    return Fan((float(rng.normal(0, 0.1)), -above), near, above + 1.3, half, size)


def endovaginal(rng: np.random.Generator, size: tuple[int, int]) -> Fan:
    """An endovaginal probe: a small dark cap at the top, and a wide fan with a round floor."""
    near = float(rng.uniform(0.16, 0.24))
    apex = float(rng.uniform(-0.06, 0.0))
    floor = float(rng.uniform(0.95, 1.05))
    return Fan(
        (float(rng.normal(0, 0.03)), apex), near, floor - apex, float(rng.uniform(1.2, 1.36)), size
    )


def linear(rng: np.random.Generator, size: tuple[int, int]) -> Fan:
    """A linear vascular probe: parallel beams, a rectangular field."""
    aspect = size[1] / size[0]
    apex_distance = 400.0
    top = float(rng.uniform(0.02, 0.05))
    wide = float(rng.uniform(0.3, 0.36)) * aspect
    middle = float(rng.uniform(-0.06, 0.0)) * aspect
    return Fan(
        (middle, top - apex_distance),
        apex_distance,
        apex_distance + float(rng.uniform(0.85, 0.94)),
        wide / apex_distance,
        size,
    )
