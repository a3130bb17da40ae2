"""From a plane and a seed to a phantom: a scan with the masks of everything in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fetal.phantom import probe
from fetal.phantom.brain import brain
from fetal.phantom.cervix import cervix
from fetal.phantom.console import annotate
from fetal.phantom.early import early_abdomen, early_brain, early_thorax
from fetal.phantom.femur import femur
from fetal.phantom.other import other
from fetal.phantom.tissue import Machine, Scene, masks
from fetal.phantom.trunk import abdomen, thorax
from fetal.planes import PLANES, Plane

SIZE = (661, 959)
"""Height and width of most scans of FETAL_PLANES_DB, in pixels."""

_SMALLEST = 64
_LARGEST = 4096


class PhantomError(ValueError):
    """A phantom that cannot be made as asked."""


@dataclass(frozen=True, eq=False)
class Phantom:
    """A simulated scan, and the truth about it.

    Args:
        pixels: the scan with the machine's text, uint8 (height, width).
        masks: the pixels of each structure by its name, bool (height, width) each.
        sector: the pixels inside the fan, bool (height, width).
        text: the pixels that the machine wrote on (text, bar, ticks), bool (height, width).
        plane: the plane shown.
        seed: the seed it was made from.
    """

    pixels: npt.NDArray[np.uint8]
    masks: Mapping[str, npt.NDArray[np.bool_]]
    sector: npt.NDArray[np.bool_]
    text: npt.NDArray[np.bool_]
    plane: Plane
    seed: int


def simulate(
    plane: Plane | str, seed: int, *, size: tuple[int, int] = SIZE, early: bool = False
) -> Phantom:
    """Simulate one B-mode scan of a plane; the same plane, seed and size give the same bytes.

    Args:
        plane: what the scan shows.
        seed: 0 or more; decides shape, place, angle, probe and the machine's settings.
        size: height and width in pixels, 64 to 4096 each.
        early: whether the fetus is 11 to 15 weeks old; for the planes of `EARLY_PLANES`.

    Returns:
        The phantom.

    Raises:
        PhantomError: a negative seed, a size out of range, or a plane that cannot be simulated
            early.
        ValueError: no such plane.

    Example:
        >>> phantom = simulate(Plane.BRAIN, seed=7)
        >>> phantom.pixels.shape, "thalami" in phantom.masks
        ((661, 959), True)
    """
    plane = Plane(plane)
    if seed < 0:
        raise PhantomError(f"A phantom's seed is 0 or more, not {seed}: give another number.")
    if not all(_SMALLEST <= side <= _LARGEST for side in size):
        raise PhantomError(
            f"A phantom is {_SMALLEST} to {_LARGEST} pixels high and wide, "
            f"not {size[0]} x {size[1]}: choose a size in that range."
        )
    if early and plane not in _EARLY:
        raise PhantomError(
            f"Early in pregnancy {', '.join(EARLY_PLANES)} can be simulated, not {plane}: choose "
            "one of these, or leave `early` out."
        )
    rng = np.random.default_rng([seed, PLANES.index(plane), *([1] if early else [])])
    scene = (_EARLY if early else _SCENES)[plane](rng, size)
    machine = _machine(rng, scene.fan)
    pixels = scene.fan.picture(scene.echoes(rng, _enlarged(rng, machine) if early else machine))
    sector = scene.fan.sector
    text = annotate(rng, pixels, sector, scene.fan)
    return Phantom(pixels, masks(scene.fan, scene.outlines, sector), sector, text, plane, seed)


def samples(count: int = 24, *, seed: int = 2026) -> list[Phantom]:
    """Phantoms in equal numbers of every plane, in turn, for an empty workspace.

    Args:
        count: how many, 1 or more.
        seed: 0 or more; the phantoms take seeds from here on.

    Returns:
        The phantoms: brain, abdomen, femur and so on, again and again.

    Raises:
        PhantomError: a count below 1 or a negative seed.
    """
    if count < 1:
        raise PhantomError(f"At least one phantom can be asked for, not {count}.")
    planes = len(PLANES)
    return [simulate(PLANES[k % planes], seed + k // planes) for k in range(count)]


def _machine(rng: np.random.Generator, fan: probe.Fan) -> Machine:
    """The settings of a machine, within what real scans show."""
    columns = int(rng.choice([0, 1, 2, 3], p=[0.5, 0.3, 0.15, 0.05]))
    dropouts = [_dropout(rng, float(rng.uniform(0, 1)), (0.02, 0.09)) for _ in range(columns)]
    dropouts += [_dropout(rng, edge, (0.05, 0.2)) for edge in (0.0, 1.0) if rng.random() < 0.35]
    return Machine(
        axial=float(rng.uniform(0.9, 1.9)),
        # The wider the fan, the further apart its beams: the same optics blur fewer of them.
        lateral=float(rng.uniform(0.75, 1.5)) * (0.65 if fan.half > 1 else 1.0),
        gain=float(rng.normal(0, 3.5)),
        range=float(rng.uniform(40, 56)),
        smoothing=float(rng.uniform(0.1, 0.75)),
        noise=float(rng.uniform(-42, -30)),
        clutter=float(rng.uniform(0.01, 0.1)),
        gamma=float(rng.uniform(0.8, 1.25)),
        dropouts=tuple(dropouts),
        decline=float(rng.uniform(-4, 8)),
    )


def _enlarged(rng: np.random.Generator, machine: Machine) -> Machine:
    """The machine when a person enlarges what is small: its speckle grows with it."""
    larger = float(rng.uniform(1, 2.4))
    return replace(machine, axial=machine.axial * larger, lateral=machine.lateral * larger)


def _dropout(
    rng: np.random.Generator, middle: float, width: tuple[float, float]
) -> tuple[float, float, float]:
    """Beams that gas or poor contact weakens."""
    return middle, float(rng.uniform(*width)), float(rng.uniform(4, 20))


def _with(
    choose: Callable[[np.random.Generator, tuple[int, int]], probe.Fan],
    paint: Callable[[np.random.Generator, probe.Fan], Scene],
) -> Callable[[np.random.Generator, tuple[int, int]], Scene]:
    """A scene painted through a probe of the chosen kind."""
    return lambda rng, size: paint(rng, choose(rng, size))


_EARLY: Mapping[Plane, Callable[[np.random.Generator, tuple[int, int]], Scene]] = {
    Plane.BRAIN: _with(probe.curved, early_brain),
    Plane.ABDOMEN: _with(probe.curved, early_abdomen),
    Plane.THORAX: _with(probe.curved, early_thorax),
}

EARLY_PLANES = tuple(_EARLY)
"""The planes that can be simulated as they look at 11 to 15 weeks."""

_SCENES: Mapping[Plane, Callable[[np.random.Generator, tuple[int, int]], Scene]] = {
    Plane.BRAIN: _with(probe.curved, brain),
    Plane.ABDOMEN: _with(probe.curved, abdomen),
    Plane.FEMUR: _with(probe.curved, femur),
    Plane.THORAX: _with(probe.cardiac, thorax),
    Plane.CERVIX: _with(probe.endovaginal, cervix),
    Plane.OTHER: other,
}
