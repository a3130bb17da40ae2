"""What a network makes of each stored scan: computed once, kept beside the scan, gone with it."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fetal.configuration.declared import CLUSTER
from fetal.predict.pooled_features import pooled_features
from fetal.progress import OnProgress, Progress, no_progress
from fetal.scans import Scan as ReadScan
from fetal.store.bulk import any_of, batches, numbers_in_order
from fetal.store.labelling.labelling_tables import ScanFeature
from fetal.store.tables import SAMPLE, ScanRow
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_quality.feature_network import FeatureNetwork
from fetal.workbench.near_duplicates.detect_pairs import stored

logger = logging.getLogger(__name__)

Numbers = NDArray[np.int64]
Half = NDArray[np.float16]

COMPUTING = "Looking at the scans"

_BATCH = 16
"""Scans whose features are written in one transaction."""
_AT_ONCE = 2_000
_LARGEST = float(np.finfo(np.float16).max)


def every_scan(workbench: Workbench) -> list[int]:
    """Return the numbers of all stored scans but samples, in the order in which they came."""
    query = select(ScanRow.id).where(ScanRow.source != SAMPLE)
    return list(numbers_in_order(workbench.store, query, ScanRow.id, _AT_ONCE))


def compute_missing(
    workbench: Workbench,
    network: FeatureNetwork,
    numbers: Sequence[int],
    on_progress: OnProgress = no_progress,
) -> None:
    """Compute the features that are not kept yet, and keep them.

    Killed, it goes on where it was. Where FETAL_CLUSTER names a scheduler, its workers compute them
    and this process keeps them. A scan whose picture cannot be read stays without.

    Args:
        workbench: the workbench.
        network: whose features.
        numbers: the scans' numbers.
        on_progress: called before each scan; what it raises ends it there.
    """
    missing = without_features(workbench, network, numbers)
    if not missing:
        return
    before = len(numbers) - len(missing)
    if CLUSTER.value() is not None:
        _compute_on_cluster(workbench, network, missing, before, on_progress)
        return
    readable: list[int] = []

    def read() -> Iterator[ReadScan]:
        for done, number in enumerate(missing):
            on_progress(Progress(before + done, len(numbers), COMPUTING))
            scan = stored(workbench, number)
            if scan is not None:
                readable.append(number)
                yield scan

    waiting: list[tuple[int, NDArray[np.float32]]] = []
    for place, features in enumerate(pooled_features(network.bundle(workbench), read())):
        waiting.append((readable[place], features))
        if len(waiting) == _BATCH:
            _keep(workbench, network, waiting)
            waiting.clear()
    _keep(workbench, network, waiting)


def _compute_on_cluster(
    workbench: Workbench,
    network: FeatureNetwork,
    missing: Sequence[int],
    before: int,
    on_progress: OnProgress,
) -> None:
    # Dask is imported where it is used, which is never a page.
    from fetal.jobs.on_cluster.cluster_features import features_on_cluster

    total = before + len(missing)
    on_progress(Progress(before, total, COMPUTING))
    for count, made in features_on_cluster(workbench.store, network.bundle(workbench), missing):
        _keep(workbench, network, made)
        before += count
        on_progress(Progress(before, total, COMPUTING))


def without_features(
    workbench: Workbench, network: FeatureNetwork, numbers: Sequence[int]
) -> list[int]:
    """Return those of some scans whose features are not kept, in their order."""
    known: set[int] = set()
    with workbench.store.reading() as session:
        for some in batches(numbers, _AT_ONCE):
            query = select(ScanFeature.scan_id).where(
                ScanFeature.network == network.network, any_of(ScanFeature.scan_id, some)
            )
            known.update(session.scalars(query))
    return [number for number in numbers if number not in known]


def read_features(
    session: Session, network: FeatureNetwork, numbers: Sequence[int]
) -> tuple[Numbers, Half]:
    """Read what is kept of some scans.

    Args:
        session: the transaction.
        network: whose features.
        numbers: the scans' numbers.

    Returns:
        The numbers of those that have features, int64 (n,), in the order of `numbers`, and their
        features, float16 (n, c).
    """
    return features_of(session, network.network, numbers)


def widest_network(session: Session, numbers: Sequence[int]) -> str | None:
    """Return the digest of the network that has looked at most of some scans; None if none has.

    What only tells scans apart, and judges no label, may take any network.

    Args:
        session: the transaction.
        numbers: the scans' numbers.
    """
    looked = Counter(
        session.scalars(select(ScanFeature.network).where(any_of(ScanFeature.scan_id, numbers)))
    )
    return max(sorted(looked), key=looked.__getitem__, default=None)


def features_of(session: Session, network: str, numbers: Sequence[int]) -> tuple[Numbers, Half]:
    """Read what is kept of some scans, as `read_features`, by the digest of the network."""
    found: dict[int, bytes] = {}
    for some in batches(numbers, _AT_ONCE):
        query = select(ScanFeature.scan_id, ScanFeature.values).where(
            ScanFeature.network == network, any_of(ScanFeature.scan_id, some)
        )
        found.update((row.scan_id, row[1]) for row in session.execute(query))
    there = [number for number in numbers if number in found]
    if not there:
        return np.empty(0, np.int64), np.empty((0, 0), np.float16)
    return np.array(there, np.int64), np.stack([unpack(found[number]) for number in there])


def features_after(
    session: Session, network: FeatureNetwork, last: int, most: int
) -> tuple[Numbers, Half]:
    """Read what is kept of the scans with larger numbers than one, at most so many, ascending."""
    rows = session.execute(
        select(ScanFeature.scan_id, ScanFeature.values)
        .where(ScanFeature.network == network.network, ScanFeature.scan_id > last)
        .order_by(ScanFeature.scan_id)
        .limit(most)
    ).all()
    if not rows:
        return np.empty(0, np.int64), np.empty((0, 0), np.float16)
    return np.array([row[0] for row in rows], np.int64), np.stack([unpack(row[1]) for row in rows])


def pack(features: NDArray[np.float32]) -> bytes:
    """Write features as the table keeps them: float16, little-endian, clipped to its range."""
    return np.clip(features, -_LARGEST, _LARGEST).astype("<f2").tobytes()


def unpack(values: bytes) -> Half:
    """Read what `pack` wrote."""
    return np.frombuffer(values, "<f2").astype(np.float16, copy=False)


def _keep(
    workbench: Workbench,
    network: FeatureNetwork,
    made: Sequence[tuple[int, NDArray[np.float32]]],
) -> None:
    with workbench.store.session() as session:
        # One may have been erased meanwhile.
        numbers = [number for number, _ in made]
        there = set(session.scalars(select(ScanRow.id).where(any_of(ScanRow.id, numbers))))
        rows = [
            {"network": network.network, "scan_id": number, "values": pack(features)}
            for number, features in made
            if number in there
        ]
        if rows:
            session.execute(_insert_new(session), rows)


def _insert_new(session: Session) -> "postgresql.Insert | sqlite.Insert":
    """Two processes may look at the same scan: the second one's answer is the same and dropped."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(ScanFeature).on_conflict_do_nothing()
    return sqlite.insert(ScanFeature).on_conflict_do_nothing()
