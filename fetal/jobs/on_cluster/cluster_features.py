"""What a network makes of very many stored scans, computed by the workers of FETAL_CLUSTER.

Workers read pictures and know no database: they are told where each picture lies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from fetal.bundle import Bundle
from fetal.cluster.bounded_tasks import run_bounded
from fetal.cluster.connection import Connection
from fetal.cluster.model_on_worker import ModelOnWorker, serving_model
from fetal.jobs.batch_prediction import StoredScan, stored_scans
from fetal.predict.engines import Engine, open_engine
from fetal.predict.pooled_features import pooled_features
from fetal.prefetch import ahead
from fetal.scans import Scan
from fetal.store.blobs import BlobError, Blobs
from fetal.store.bulk import batches
from fetal.store.database import Store

SHARD = 128
"""Scans in a task."""

Made = list[tuple[int, NDArray[np.float32]]]
"""Numbers of scans with their features, float32 (channels,)."""


@dataclass(frozen=True)
class _FeatureShard:
    blobs: str
    model: str
    scans: tuple[StoredScan, ...]


def features_on_cluster(
    store: Store, bundle: Bundle, scan_ids: Sequence[int]
) -> Iterator[tuple[int, Made]]:
    """Compute the features of stored scans on the workers of FETAL_CLUSTER.

    Args:
        store: the database and the files; workers open the files at the same address.
        bundle: the model.
        scan_ids: the scans.

    Yields:
        Of a few scans, as they are done: how many they are, and the features of those whose
        pictures could be read.

    Raises:
        ClusterError: the scheduler cannot be reached.
    """

    def shards() -> Iterator[_FeatureShard]:
        for some in batches(scan_ids, SHARD):
            there = tuple(stored_scans(store, some))
            yield _FeatureShard(store.blobs.url, bundle.digest, there)

    with Connection(plugin=ModelOnWorker(bundle, carry=True)) as connection:
        for one in run_bounded(connection, _compute_shard, shards()):
            if one.result is None:
                assert one.error is not None
                raise one.error
            yield len(one.task.scans), one.result


def _compute_shard(shard: _FeatureShard) -> Made:
    """Done by a worker."""
    blobs = Blobs(shard.blobs)
    numbers: list[int] = []

    def read(scan: StoredScan) -> tuple[int, Scan | None]:
        try:
            return scan.id, scan.read_from(blobs)
        except BlobError:
            return scan.id, None

    def readable() -> Iterator[Scan]:
        for number, pixels in ahead(read, shard.scans):
            if pixels is not None:
                numbers.append(number)
                yield pixels

    bundle = serving_model(shard.model).model.bundle
    found = list(pooled_features(bundle, readable(), _engine(shard.model)))
    return list(zip(numbers, found, strict=True))


@cache
def _engine(model: str) -> Engine:
    """One compiled graph a process."""
    return open_engine(serving_model(model).model.bundle, "auto")
