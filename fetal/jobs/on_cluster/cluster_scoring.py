"""What a model says of very many stored scans, computed by a cluster and kept by this process.

Workers read pictures and know no database: they are told where each picture lies, and give back
what is to be kept.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fetal.bundle import Bundle
from fetal.cluster.bounded_tasks import run_bounded
from fetal.cluster.connection import Connection, is_local
from fetal.cluster.model_on_worker import ModelOnWorker, serving_model
from fetal.jobs.batch_prediction import (
    StoredScan,
    keep_predictions,
    kept_values,
    missing_predictions,
    score,
    stored_scans,
)
from fetal.predict import Model
from fetal.prefetch import ahead
from fetal.progress import OnProgress, Progress, no_progress
from fetal.scans import Scan
from fetal.store.blobs import BlobError, Blobs
from fetal.store.bulk import batches
from fetal.store.database import Store

SHARD = 128
"""Scans in a task, and in a transaction."""

MANY = 1000
"""From so many scans on, processes of this computer are started for them, which takes seconds."""


@dataclass(frozen=True)
class _StoredShard:
    blobs: str
    model: str
    model_id: int
    scans: tuple[StoredScan, ...]


@dataclass(frozen=True)
class _Scored:
    rows: list[dict[str, object]]
    left_out: list[str]


def score_many(
    store: Store,
    model: Model,
    model_id: int,
    scan_ids: Sequence[int],
    *,
    workers: int = 1,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
) -> list[str]:
    """Predict what a model has not predicted yet: a few scans here, many or all on a cluster.

    What is done is kept shard by shard; called again, it goes on with what is missing.

    Args:
        store: the database and the files; workers open the files at the same address.
        model: the model.
        model_id: its version's number.
        scan_ids: the scans to have predictions for.
        workers: how many processes of this computer; of no account with FETAL_CLUSTER.
        on_progress: called as work goes on.
        stop: asked now and then; what is done by then is kept.

    Returns:
        The names of the scans that were left out, because their pictures are gone or damaged.

    Raises:
        ClusterError: the scheduler cannot be reached.
    """
    missing = missing_predictions(store, model_id, scan_ids)
    if not missing or (is_local() and len(missing) < MANY):
        return score(store, model, model_id, missing, on_progress=on_progress, stop=stop)
    return score_on_cluster(
        store, model.bundle, model_id, missing, workers=workers, on_progress=on_progress, stop=stop
    )


def score_on_cluster(
    store: Store,
    bundle: Bundle,
    model_id: int,
    scan_ids: Sequence[int],
    *,
    workers: int = 1,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
) -> list[str]:
    """Predict scans on a cluster, as `score_many` does."""

    def shards() -> Iterator[_StoredShard]:
        for some in batches(scan_ids, SHARD):
            there = tuple(stored_scans(store, some))
            yield _StoredShard(store.blobs.url, bundle.digest, model_id, there)

    left_out: list[str] = []
    done = 0
    plugin = ModelOnWorker(bundle, workers if is_local() else None, carry=not is_local())
    with Connection(workers, plugin) as connection:
        for one in run_bounded(connection, _score_shard, shards(), stop=stop):
            if one.result is None:
                assert one.error is not None
                raise one.error
            keep_predictions(store, one.result.rows)
            left_out += one.result.left_out
            done += len(one.task.scans)
            on_progress(Progress(done, len(scan_ids)))
    return left_out


def _score_shard(shard: _StoredShard) -> _Scored:
    """Done by a worker."""
    blobs = Blobs(shard.blobs)
    left_out: list[str] = []

    def read(scan: StoredScan) -> tuple[StoredScan, Scan | None]:
        try:
            return scan, scan.read_from(blobs)
        except BlobError:
            return scan, None

    numbers: list[int] = []

    def readable() -> Iterator[Scan]:
        for scan, pixels in ahead(read, shard.scans):
            if pixels is None:
                left_out.append(scan.name)
            else:
                numbers.append(scan.id)
                yield pixels

    predictions = serving_model(shard.model).model.predict_many(readable())
    rows = [
        kept_values(numbers[place], shard.model_id, said) for place, said in enumerate(predictions)
    ]
    return _Scored(rows, left_out)
