"""Whether heat shows what a model rests on: remove it, insert it, and ask the model again.

A heat map that looks right may still be wrong (Adebayo et al. 2018,
https://arxiv.org/abs/1810.03292). Deletion and insertion (Petsiuk et al. 2018, RISE,
https://arxiv.org/abs/1806.07421) ask the model instead of the eye. Both are only telling beside
heat that knows nothing of the model, such as `random_heat` and `centre_blob`.
"""

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from fetal.explain.base import Array, Heat

Mask = npt.NDArray[np.bool_]
Score = Callable[[Array], npt.NDArray[np.floating]]
"""From squares (n, size, size), grey levels 0 to 255, to the explained class's score of each, (n,),
such as its probability."""
Baseline = Literal["blank", "blurred"]


def deletion(
    square: Array,
    heat: Heat,
    score: Score,
    within: Mask,
    *,
    steps: int = 10,
    baseline: Baseline = "blank",
) -> float:
    """How much of the score is left while the hottest parts are taken away, on average.

    Args:
        square: what the model was shown, grey levels 0 to 255, float32 (size, size).
        heat: of the class, float32 (size, size).
        score: the model.
        within: the sector, bool (size, size); only its pixels are taken away.
        steps: in how many equal parts.
        baseline: what takes their place: `blank` (black, as outside the sector) or `blurred`.

    Returns:
        The area under the score by the share that was taken away, 0 to 1 for a probability. The
        lower, the more the model rests on what the heat shows.
    """
    without = baseline_of(square, baseline)
    return _area(square, without, heat, score, within, steps)


def insertion(
    square: Array,
    heat: Heat,
    score: Score,
    within: Mask,
    *,
    steps: int = 10,
    baseline: Baseline = "blurred",
) -> float:
    """How much of the score is there while the hottest parts are put in, on average.

    Args:
        square: what the model was shown, grey levels 0 to 255, float32 (size, size).
        heat: of the class, float32 (size, size).
        score: the model.
        within: the sector, bool (size, size); only its pixels are put in.
        steps: in how many equal parts.
        baseline: what they are put into: the scan `blurred`, or `blank` (black).

    Returns:
        The area under the score by the share that was put in, 0 to 1 for a probability. The
        higher, the more of what the model rests on the heat shows.
    """
    without = baseline_of(square, baseline)
    return _area(without, square, heat, score, within, steps)


def share_inside(heat: Heat, structure: Mask, within: Mask) -> float:
    """The share of the heat in the sector that lies on a structure.

    Args:
        heat: float32 (size, size), 0 or more.
        structure: bool (size, size).
        within: the sector, bool (size, size).

    Returns:
        0 to 1; not a number where there is no heat in the sector. Heat that is the same everywhere
        gives the structure's share of the sector, which is chance.

    Example:
        >>> left = np.array([[True, False]])
        >>> share_inside(np.array([[3.0, 1.0]]), left, np.ones((1, 2), bool))
        0.75
    """
    whole = float(heat[within].sum())
    return float(heat[structure & within].sum()) / whole if whole > 0 else float("nan")


def random_heat(cells: tuple[int, int], rng: np.random.Generator) -> Heat:
    """Heat that knows nothing: every cell by chance, as coarse as a method's.

    Args:
        cells: height and width of a method's heat.
        rng: the chance.

    Returns:
        float32 (h, w), 0 to 1.
    """
    return rng.random(cells, np.float32)


def centre_blob(cells: tuple[int, int], width: float = 0.25) -> Heat:
    """Heat that knows only that people put what matters into the middle.

    Args:
        cells: height and width of a method's heat.
        width: the standard deviation of the round blob, as a share of the side.

    Returns:
        float32 (h, w), 0 to 1.
    """
    rows, columns = (
        np.exp(-0.5 * (((np.arange(side) + 0.5) / side - 0.5) / width) ** 2) for side in cells
    )
    return np.asarray(np.outer(rows, columns), np.float32)


def baseline_of(square: Array, kind: Baseline) -> Array:
    """What is left of a scan where nothing can be told from it.

    Args:
        square: grey levels 0 to 255, float32 (size, size).
        kind: `blank` is black; `blurred` by a Gaussian whose deviation is a tenth of the side.

    Returns:
        float32 (size, size).
    """
    if kind == "blank":
        return np.zeros_like(square)
    return np.asarray(cv2.GaussianBlur(square, (0, 0), square.shape[0] / 10), np.float32)


def _area(before: Array, after: Array, heat: Heat, score: Score, within: Mask, steps: int) -> float:
    """Change `before` into `after`, hottest pixels first, and average the score on the way."""
    pixels = np.flatnonzero(within)
    # Among pixels of the same heat, chance: the order of rows would be a pattern of its own.
    mixed = np.random.default_rng(0).permutation(pixels)
    hottest = mixed[np.argsort(-heat.ravel()[mixed], kind="stable")]
    ends = np.rint(np.linspace(0, len(hottest), steps + 1)).astype(int)
    frames = np.repeat(before.ravel()[None], steps + 1, axis=0)
    for frame, end in zip(frames, ends, strict=True):
        frame[hottest[:end]] = after.ravel()[hottest[:end]]
    return float(np.trapezoid(score(frames.reshape(-1, *before.shape)), dx=1 / steps))
