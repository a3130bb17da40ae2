"""What a model sees alike: a slow look for copies that were turned or cut too far for a glance."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from fetal.bundle import Bundle
from fetal.predict.engines import open_engine
from fetal.progress import OnProgress, Progress, no_progress
from fetal.scans import Scan as ReadScan
from fetal.scans.letterbox import Framing
from fetal.scans.similarity.perceptual_hash import TURNS
from fetal.store.tables import SAMPLE, Lookalike, ScanRow
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.near_duplicates.detect_pairs import examine, stored

Features = NDArray[np.float32]

NEIGHBOURS = 3
"""Scans that are looked at for each: a copy turned by 15° is among the nearest five of 1,389."""

_BATCH = 4
_BLOCK = 1000


def features(bundle: Bundle, scans: Iterable[ReadScan]) -> Iterator[Features]:
    """Compute what a model makes of scans, on the way to its answer.

    The pooled features, which are the averages of the last convolution's maps, tell little of how
    a picture is turned or cut. They are not kept: 8 kB a scan, and another model has others.

    Args:
        bundle: the model.
        scans: the scans, read as they are needed.

    Yields:
        float32 (channels,) for each.
    """
    engine = open_engine(bundle, "auto")
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


def neighbours(seen: Features, most: int = NEIGHBOURS) -> set[tuple[int, int]]:
    """Find for each scan those that the model sees most alike.

    Args:
        seen: float32 (n, channels).
        most: how many for each.

    Returns:
        Pairs of places, the smaller first.
    """
    if len(seen) < 2:
        return set()
    # What all scans have in common says nothing of a likeness.
    apart = seen - seen.mean(axis=0)
    apart /= np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-9)
    most = min(most, len(seen) - 1)
    pairs = set()
    for start in range(0, len(seen), _BLOCK):
        cosine = apart[start : start + _BLOCK] @ apart.T
        rows = np.arange(len(cosine))
        cosine[rows, rows + start] = -2
        nearest = np.argpartition(-cosine, most - 1, axis=1)[:, :most]
        for row in rows.tolist():
            for other in nearest[row].tolist():
                pairs.add((min(row + start, other), max(row + start, other)))
    return pairs


def search_thoroughly(
    workbench: Workbench,
    model_folder: Path | None = None,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
) -> int:
    """Look at the stored scans that a model sees alike, and write down those that are copies.

    Args:
        workbench: the workbench.
        model_folder: the model; none is the champion.
        on_progress: called after each scan and each pair.
        stop: asked before each; true ends it there, and what is found stays.

    Returns:
        How many new pairs were found.

    Raises:
        NoModelError: no model predicts in this workspace, and none was given.
    """
    bundle = Bundle.open(model_folder) if model_folder else workbench.champion().model.bundle
    with workbench.store.reading() as session:
        numbers = list(
            session.scalars(select(ScanRow.id).where(ScanRow.source != SAMPLE).order_by(ScanRow.id))
        )
        rows = session.execute(select(Lookalike.scan_id, Lookalike.other_id))
        known = {(row.scan_id, row.other_id) for row in rows}
    # Three pairs a scan at the most.
    total = (1 + NEIGHBOURS) * len(numbers)
    looked: list[int] = []

    def read() -> Iterator[ReadScan]:
        for done, number in enumerate(numbers, start=1):
            if stop is not None and stop():
                return
            if (scan := stored(workbench, number)) is not None:
                looked.append(number)
                yield scan
            on_progress(Progress(done, total))

    seen = np.array(list(features(bundle, read())), np.float32)
    found = 0
    for done, (one, other) in enumerate(sorted(neighbours(seen)), start=len(numbers) + 1):
        if stop is not None and stop():
            break
        pair = looked[max(one, other)], looked[min(one, other)]
        if pair not in known:
            found += examine(workbench, *pair, turns=TURNS)
        on_progress(Progress(min(done, total), total))
    return found
