"""What a model makes of scans on the way to its answer, computed by its serving graph."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from fetal.bundle import Bundle
from fetal.predict.engines import Engine, open_engine
from fetal.scans import Scan
from fetal.scans.letterbox import Framing

_BATCH = 4
"""Scans computed together, as in `fetal.predict.model`."""


def pooled_features(
    bundle: Bundle, scans: Iterable[Scan], engine: Engine | None = None
) -> Iterator[NDArray[np.float32]]:
    """Compute the averages of the last convolution's maps, which the model's last layer receives.

    They tell little of how a picture is turned or cut, and much of what it shows.

    Args:
        bundle: the model.
        scans: the scans, read as they are needed.
        engine: what computes the model; if None, it is opened.

    Yields:
        float32 (channels,) for each, in their order.

    Example:
        >>> bundle = Bundle.open("models/shipped")  # doctest: +SKIP
        >>> next(pooled_features(bundle, [read_scan("scan.png")])).shape  # doctest: +SKIP
        (2048,)
    """
    engine = engine or open_engine(bundle, "auto")
    given = bundle.card.input
    waiting = iter(scans)
    while group := list(islice(waiting, _BATCH)):
        squares = [
            Framing.of(
                (scan.pixels.shape[0], scan.pixels.shape[1]),
                scan.sector if given.crop_to_sector else None,
                given.size,
            ).apply(scan.pixels)
            for scan in group
        ]
        maps, _ = engine.start(np.stack(squares)[..., None].astype(np.float32))()
        yield from maps.mean(axis=(1, 2))
