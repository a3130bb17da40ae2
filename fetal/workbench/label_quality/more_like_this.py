"""More like this: the stored scans that a network sees most alike one, and all of them on a map.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.metrics.labelling.feature_heads import Scaling
from fetal.scans.similarity.feature_index import FeatureIndex
from fetal.store.labelling.labelling_tables import ScanFeature
from fetal.workbench.catalogue.scans import ScanView, views
from fetal.workbench.core.erasure_count import count_erasures
from fetal.workbench.core.fingerprint_index import FingerprintIndex
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_quality.feature_network import FeatureNetwork, feature_network
from fetal.workbench.label_quality.stored_features import (
    compute_missing,
    every_scan,
    features_after,
    read_features,
)

MOST_ON_A_MAP = 4_000
"""So many scans are drawn, chosen at random where there are more."""

_AT_ONCE = 20_000


@dataclass(frozen=True)
class ScanMap:
    """Scans as points: what a network sees alike lies near.

    Attributes:
        scans: the scans that are drawn.
        places: float64 (n, 2), where each lies.
        method: `UMAP` or `PCA`.
        known: how many stored scans have features.
        stored: how many there are.
    """

    scans: Sequence[ScanView]
    places: NDArray[np.float64]
    method: str
    known: int
    stored: int


class _Followed:
    """The index of one network's features, kept up to date by what is new in the table."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.index: FeatureIndex | None = None
        self._mark: tuple[str, int] = ("", 0)
        self._last = 0

    def follow(self, session: Session, network: FeatureNetwork) -> FeatureIndex:
        of_network = ScanFeature.network == network.network
        count = session.scalar(select(func.count()).where(of_network)) or 0
        mark = (network.network, count_erasures(session))
        if self.index is None or mark != self._mark:
            self.index, self._last, self._mark = None, 0, mark
        self._read(session, network)
        if self.index is not None and len(self.index) != count:
            # Features of an older scan came after those of a newer one.
            self.index, self._last = None, 0
            self._read(session, network)
        return self.index or FeatureIndex(1)

    def _read(self, session: Session, network: FeatureNetwork) -> None:
        while True:
            numbers, features = features_after(session, network, self._last, _AT_ONCE)
            if not len(numbers):
                return
            if self.index is None:
                self.index = FeatureIndex(features.shape[1])
            self.index.add(numbers, features)
            self._last = int(numbers[-1])


def more_like(workbench: Workbench, scan_id: int, most: int = 12) -> list[ScanView]:
    """Find the scans that are seen most alike one; the features of this one are computed at need.

    Args:
        workbench: the workbench.
        scan_id: the scan.
        most: how many to find.

    Returns:
        The scans, the most alike first; those whose features are not kept yet are not among them.

    Raises:
        NoModelError: no model predicts in this workspace.
    """
    workbench.permit(Permission.SEE)
    network = feature_network(workbench)
    compute_missing(workbench, network, [scan_id])
    followed = _followed(workbench)
    with followed.turn, workbench.store.reading() as session:
        there, own = read_features(session, network, [scan_id])
        if not len(there):
            return []
        numbers, _ = followed.follow(session, network).nearest(own[0], most + 1)
        return views(session, [one for one in numbers.tolist() if one != scan_id][:most])


def scan_map(workbench: Workbench, *, umap: bool = False) -> ScanMap:
    """Lay the stored scans out so that what a network sees alike lies near.

    Principal components (Pearson 1901), or UMAP (McInnes et al. 2018) where `umap-learn` is
    installed.

    Args:
        workbench: the workbench.
        umap: whether to use UMAP.

    Raises:
        NoModelError: no model predicts in this workspace.
    """
    workbench.permit(Permission.SEE)
    network = feature_network(workbench)
    stored = len(every_scan(workbench))
    followed = _followed(workbench)
    with followed.turn, workbench.store.reading() as session:
        numbers, kept = followed.follow(session, network).all()
        known = len(numbers)
        if known > MOST_ON_A_MAP:
            drawn = np.random.default_rng(0).choice(known, MOST_ON_A_MAP, replace=False)
            numbers, kept = numbers[drawn], kept[drawn]
        seen = views(session, numbers.tolist())
    places = dict(zip(numbers.tolist(), _laid_out(kept, umap=umap), strict=True))
    return ScanMap(
        scans=seen,
        places=np.array([places[one.id] for one in seen]).reshape(-1, 2),
        method="UMAP" if umap and can_umap() else "PCA",
        known=known,
        stored=stored,
    )


def can_umap() -> bool:
    """Return whether `umap-learn` is installed."""
    return find_spec("umap") is not None


def _laid_out(kept: NDArray[np.float16], *, umap: bool) -> NDArray[np.float64]:
    if len(kept) < 3:
        return np.zeros((len(kept), 2))
    if umap and can_umap():
        from umap import UMAP

        components = Scaling.of(kept, 50).apply(kept)
        return np.asarray(UMAP(random_state=0).fit_transform(components), np.float64)
    places = Scaling.of(kept, 2).apply(kept)
    # Scans that lie on one line, or on one another, have no second component.
    return np.pad(places, ((0, 0), (0, 2 - places.shape[1])))


def _followed(workbench: Workbench) -> _Followed:
    with _OPENING:
        # The workbench is another object in each person's hands; this part of it is the same.
        return _INDEXES.setdefault(workbench.fingerprints, _Followed())


_INDEXES: WeakKeyDictionary[FingerprintIndex, _Followed] = WeakKeyDictionary()
_OPENING = threading.Lock()
