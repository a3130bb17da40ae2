"""What a model sees alike: a slow look for copies that were turned or cut too far for a glance."""

from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from fetal.bundle import Bundle
from fetal.predict.pooled_features import pooled_features
from fetal.progress import OnProgress, Progress, no_progress
from fetal.scans import Scan as ReadScan
from fetal.scans.similarity.feature_neighbours import nearest_pairs
from fetal.scans.similarity.perceptual_hash import TURNS
from fetal.store.bulk import numbers_in_order
from fetal.store.tables import SAMPLE, ScanRow
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.near_duplicates.detect_pairs import examine, is_known, stored

NEIGHBOURS = 3
"""Scans that are looked at for each: a copy turned by 15° is among the nearest five of 1,389."""

_AT_ONCE = 1000
"""Scans whose numbers are read in one step."""


def search_thoroughly(
    workbench: Workbench,
    model_folder: Path | None = None,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
    known: Iterable[tuple[int, NDArray[np.floating[Any]]]] | None = None,
) -> int:
    """Look at the stored scans that a model sees alike, and write down those that are copies.

    Args:
        workbench: the workbench.
        model_folder: the model; if None, the champion.
        on_progress: called after each scan and each pair.
        stop: asked before each; true ends it there, and what is found stays.
        known: numbers of scans with their features, which were computed before; if None, they
            are computed here, by the model.

    Returns:
        How many new pairs were found.

    Raises:
        NoModelError: no model predicts in this workspace, and none was given.
    """
    with workbench.store.reading() as session:
        count = session.scalar(select(func.count()).where(ScanRow.source != SAMPLE)) or 0
    # Three pairs a scan at the most.
    total = (1 + NEIGHBOURS) * count
    looked = array("q")

    def read() -> Iterator[ReadScan]:
        for done, number in enumerate(_numbers(workbench), start=1):
            if stop is not None and stop():
                return
            if (scan := stored(workbench, number)) is not None:
                looked.append(number)
                yield scan
            on_progress(Progress(min(done, total), total))

    def take(
        given: Iterable[tuple[int, NDArray[np.floating[Any]]]],
    ) -> Iterator[NDArray[np.float32]]:
        for number, features in given:
            if stop is not None and stop():
                return
            looked.append(number)
            yield np.asarray(features, np.float32)

    if known is not None:
        pairs = nearest_pairs(take(known), NEIGHBOURS)
    else:
        bundle = Bundle.open(model_folder) if model_folder else workbench.champion().model.bundle
        pairs = nearest_pairs(pooled_features(bundle, read()), NEIGHBOURS)
    found = 0
    for done, (one, other) in enumerate(pairs, start=count + 1):
        if stop is not None and stop():
            break
        found += _examine_new(workbench, (looked[max(one, other)], looked[min(one, other)]))
        on_progress(Progress(min(done, total), total))
    return found


def _numbers(workbench: Workbench) -> Iterator[int]:
    query = select(ScanRow.id).where(ScanRow.source != SAMPLE)
    return numbers_in_order(workbench.store, query, ScanRow.id, _AT_ONCE)


def _examine_new(workbench: Workbench, pair: tuple[int, int]) -> bool:
    with workbench.store.reading() as session:
        if is_known(session, pair):
            return False
    return examine(workbench, *pair, turns=TURNS)
