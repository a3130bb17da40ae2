"""The worst errors as pictures: the scan, and where the model saw what it said and the truth."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.evaluation.report import Mistake
from fetal.explain import encode_jpeg
from fetal.predict import Model
from fetal.scans import Scan

_SIDE = 300


@dataclass(frozen=True)
class Exhibit:
    """One mistake with its pictures, each a small JPEG.

    Attributes:
        mistake: what went wrong.
        scan: the scan.
        stated: the scan with the heat map (Grad-CAM) of the plane that the model named.
        true: the scan with the heat map of the plane that it shows.
    """

    mistake: Mistake
    scan: bytes
    stated: bytes
    true: bytes


def exhibits(
    model: Model, mistakes: Iterable[Mistake], scan_of: Callable[[str], Scan | None]
) -> tuple[Exhibit, ...]:
    """Make the pictures of mistakes.

    Args:
        model: the model that made them.
        mistakes: the mistakes, as a report holds them (`Report.worst`).
        scan_of: returns the scan with a digest. If None, it cannot be shown.

    Returns:
        One exhibit for each scan that can be shown, in their order. They show patients' scans:
        handle them as such.
    """
    return tuple(
        _exhibit(model, mistake, scan)
        for mistake in mistakes
        if (scan := scan_of(mistake.digest)) is not None
    )


def _exhibit(model: Model, mistake: Mistake, scan: Scan) -> Exhibit:
    said = model.predict(scan)
    return Exhibit(
        mistake=mistake,
        scan=_small(np.stack([scan.pixels] * 3, axis=-1)),
        stated=_small(said.overlay(mistake.said)),
        true=_small(said.overlay(mistake.plane)),
    )


def _small(pixels: NDArray[np.uint8]) -> bytes:
    scale = min(1.0, _SIDE / max(pixels.shape[:2]))
    smaller = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return encode_jpeg(np.asarray(smaller, np.uint8))
