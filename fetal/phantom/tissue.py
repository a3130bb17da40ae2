"""What a beam meets and what comes back: layers of tissue, speckle, shadow and grey levels."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fetal.phantom.probe import BEAMS, DEPTHS, Fan, Points
from fetal.phantom.shapes import ribbon

Float = npt.NDArray[np.float32]

_LOOKS = 2
"""Pictures from different directions that spatial compounding averages."""

_TO_FIELD = np.float32(np.log(10) / 20)
"""Decibels to the natural logarithm of an amplitude."""

_SHIFT = 4
"""Binary places of a grid cell to which outlines are drawn."""


@dataclass(frozen=True)
class Tissue:
    """How a tissue looks to ultrasound.

    Args:
        echo: scatterers' strength in decibels, 0 for ordinary soft tissue.
        loss: attenuation in decibels for each height of the scan, after the machine's own
            compensation: 0 leaves the picture even, fluid is below 0, bone far above.
        marbling: strength of coarse irregularities, in decibels.
        streaks: strength of layers across the beams (muscle, fat), in decibels.
    """

    echo: float
    loss: float = 0.0
    marbling: float = 1.5
    streaks: float = 0.0


@dataclass(frozen=True)
class Machine:
    """How the machine is set.

    Args:
        axial: width of the point-spread function along the beam, in samples (deviation).
        lateral: the same across the beams, in beams.
        gain: brightness added to everything, in decibels.
        range: decibels from black to white.
        smoothing: share of speckle reduction, 0 to 1.
        noise: electronic noise in decibels.
        clutter: share of the neighbourhood's echo that side lobes add to each sample.
        gamma: bend of the grey scale; above 1 darkens the middle.
        dropouts: beams lost to poor contact or gas: (beam 0..1, width 0..1, decibels) each.
        decline: decibels that the last sample is darker than the first.
    """

    axial: float
    lateral: float
    gain: float
    range: float
    smoothing: float
    noise: float
    clutter: float
    gamma: float
    dropouts: tuple[tuple[float, float, float], ...]
    decline: float


class Scene:
    """Everything in front of the probe, painted on the beam grid from back to front."""

    def __init__(self, fan: Fan, background: Tissue, rng: np.random.Generator) -> None:
        self.fan = fan
        self.outlines: dict[str, list[Points]] = {}
        self._rng = rng
        self._tissue: Float = np.empty((DEPTHS, BEAMS, 4), np.float32)
        self._tissue[:] = _quantities(background)
        self._mirrors: Float = np.zeros((DEPTHS, BEAMS), np.float32)

    def fill(self, outline: Points, tissue: Tissue, name: str | None = None) -> None:
        """Fill an outline (n, 2) with a tissue; a name makes it a structure with a mask."""
        cells = [self._grid(outline)]
        cv2.fillPoly(self._tissue, cells, _quantities(tissue), cv2.LINE_8, _SHIFT)
        cv2.fillPoly(self._mirrors, cells, 0, cv2.LINE_8, _SHIFT)
        self._remember(name, outline)

    def weaken(self, outline: Points, loss: float) -> None:
        """Add a loss in decibels for each height to all tissue inside an outline (n, 2)."""
        inside = np.zeros((DEPTHS, BEAMS), np.float32)
        cv2.fillPoly(inside, [self._grid(outline)], loss, cv2.LINE_8, _SHIFT)
        self._tissue[..., 1] += inside

    def interface(
        self,
        line: Points,
        width: float,
        strength: float,
        *,
        loss: float = 0.0,
        facing: float = 1.0,
        patchy: float = 2.5,
        closed: bool = False,
        name: str | None = None,
    ) -> None:
        """Draw a mirror-like surface, brightest where it faces the beam.

        Args:
            line: the surface, (n, 2).
            width: its thickness, in heights of the scan.
            strength: its brightness in decibels against ordinary tissue.
            loss: decibels for each height that it takes from what lies behind.
            facing: how fast it fades when it turns away from the beam (0: not at all).
            patchy: how much its brightness changes along the way, in decibels.
            closed: whether the line's end meets its start.
            name: makes it a structure with a mask.
        """
        line = np.concatenate([line, line[:1]]) if closed else line
        bright = self._reflected(line, strength, facing, patchy)
        outline = ribbon(line, width)
        corners = self._grid(outline)
        count = len(line)
        for k in range(count - 1):
            quad = corners[[k, k + 1, 2 * count - 2 - k, 2 * count - 1 - k]]
            cv2.fillConvexPoly(self._mirrors, quad, float(bright[k]), cv2.LINE_8, _SHIFT)
        if loss:
            # Bone scatters too, so that its surface is grainy and not a drawn line.
            bone = Tissue(strength - 8, loss, 3)
            cv2.fillPoly(self._tissue, [corners], _quantities(bone), cv2.LINE_8, _SHIFT)
        self._remember(name, outline)

    def _reflected(self, line: Points, strength: float, facing: float, patchy: float) -> Float:
        """Amplitude that comes back from each piece of a surface."""
        along = np.diff(line, axis=0)
        beam = line[:-1] + along / 2 - np.array(self.fan.apex, np.float32)
        length = np.hypot(along[:, 0], along[:, 1]) * np.hypot(beam[:, 0], beam[:, 1])
        cosine = np.abs(along[:, 0] * beam[:, 1] - along[:, 1] * beam[:, 0])
        cosine /= np.maximum(length, 1e-9)
        pieces = len(along)
        knots = self._rng.normal(0, patchy, max(3, pieces // 5))
        change = np.interp(np.linspace(0, 1, pieces), np.linspace(0, 1, knots.size), knots)
        return np.asarray(10 ** ((strength + change) / 20) * cosine**facing, np.float32)

    def echoes(self, rng: np.random.Generator, machine: Machine) -> npt.NDArray[np.uint8]:
        """Send the beams: the grey levels on the beam grid, uint8 (depths, beams).

        The echo is a complex field of random scatterers, weighted by the tissue and by what the
        beam lost on its way, and convolved with a separable point-spread function; the picture
        is its envelope on a logarithmic scale (Bamber and Dickinson 1980).
        """
        parts = cv2.GaussianBlur(self._tissue, (3, 3), 0.7)
        echo, loss, marbling, streaks = (np.asarray(part, np.float32) for part in cv2.split(parts))
        echo = (
            echo
            + marbling * _irregular(rng, (25, 60), (22, 50))
            + streaks * _irregular(rng, (45, 130), (7, 16))
        )
        lost = self._lost(loss, machine, rng)
        amplitude = cv2.exp((echo - lost) * _TO_FIELD)
        # Side lobes carry a little of all that is near: fluid is never quite black.
        amplitude += np.float32(machine.clutter) * cv2.blur(amplitude, (45, 61))
        mirrors = self._mirrors * np.clip(1 + 0.35 * _irregular(rng, (40, 80), (30, 60)), 0.2, 2)
        mirrors *= cv2.exp(-lost * _TO_FIELD)
        # A convolved field of unit scatterers has this deviation; divide it out.
        unit = 2 * np.sqrt(np.pi * machine.axial * machine.lateral)
        looks = rng.standard_normal((DEPTHS, BEAMS, 2 * _LOOKS), np.float32)
        looks *= (amplitude * np.float32(unit / np.sqrt(2)))[..., None]
        looks[..., ::2] += mirrors[..., None]
        size = (machine.lateral, machine.axial)
        waves = cv2.GaussianBlur(looks, (0, 0), size[0], sigmaY=size[1])
        power = np.einsum("ijk,ijk->ij", waves, waves) * np.float32(1 / _LOOKS)
        power += np.float32(10 ** (machine.noise / 10))
        level = cv2.log(power) * np.float32(10 / np.log(10))
        calm = cv2.GaussianBlur(level, (0, 0), 1.0, sigmaY=1.4)
        level += np.float32(machine.smoothing) * (calm - level)
        grey = (level + np.float32(machine.gain)) * np.float32(1 / machine.range) + 0.43
        return np.asarray(255 * cv2.pow(np.clip(grey, 0, 1), machine.gamma), np.uint8)

    def _lost(self, loss: Float, machine: Machine, rng: np.random.Generator) -> Float:
        """Decibels lost on the way to each sample: tissue, poor contact, depth."""
        sharp = np.cumsum(loss, axis=0, dtype=np.float32) * np.float32(self.fan.sample_length)
        lost = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 1.6, sigmaY=0.6), np.float32)
        beam = np.linspace(0, 1, BEAMS, dtype=np.float32)
        silent = np.zeros(BEAMS, np.float32)
        for middle, width, decibels in machine.dropouts:
            silent += decibels * np.exp(-(((beam - middle) / width) ** 2))
        silent += rng.normal(0, 0.6, BEAMS).astype(np.float32)
        lost += silent
        lost += 1.5 * _irregular(rng, (150, 220), (150, 220))
        lost += np.linspace(0, machine.decline, DEPTHS, dtype=np.float32)[:, None]
        return lost

    def _grid(self, outline: Points) -> npt.NDArray[np.int32]:
        cells = self.fan.to_grid(outline).clip(-2000, 3000)
        return np.asarray(np.rint(cells * (1 << _SHIFT)), np.int32)

    def _remember(self, name: str | None, outline: Points) -> None:
        if name is not None:
            self.outlines.setdefault(name, []).append(outline)


def masks(
    fan: Fan, outlines: dict[str, list[Points]], sector: npt.NDArray[np.bool_]
) -> dict[str, npt.NDArray[np.bool_]]:
    """The pixels of each structure, inside the sector only."""
    found = {}
    for name, parts in outlines.items():
        drawn = np.zeros(fan.size, np.uint8)
        for part in parts:
            pixels = np.rint(fan.to_pixels(part) * (1 << _SHIFT)).astype(np.int32)
            cv2.fillPoly(drawn, [pixels], 1, cv2.LINE_8, _SHIFT)
        found[name] = drawn.view(np.bool_) & sector
    return found


def _quantities(tissue: Tissue) -> tuple[float, float, float, float]:
    return tissue.echo, tissue.loss, tissue.marbling, tissue.streaks


def _irregular(rng: np.random.Generator, beams: tuple[int, int], depths: tuple[int, int]) -> Float:
    """Smooth random numbers of unit size; the ranges bound their grain's width and depth."""
    rows, columns = DEPTHS // int(rng.integers(*depths)) + 3, BEAMS // int(rng.integers(*beams)) + 3
    coarse = rng.standard_normal((rows, columns), np.float32)
    fine = rng.standard_normal((rows * 3, columns * 3), np.float32)
    size = (BEAMS, DEPTHS)
    return np.asarray(
        cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
        + 0.6 * cv2.resize(fine, size, interpolation=cv2.INTER_CUBIC),
        np.float32,
    )
