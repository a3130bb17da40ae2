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
from fetal.store.tables import SAMPLE
from fetal.workbench.catalogue.query import ScanFilter, cells
from fetal.workbench.catalogue.scans import ScanView, views
from fetal.workbench.core.erasure_count import count_erasures
from fetal.workbench.core.fingerprint_index import FingerprintIndex
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_quality.feature_network import FeatureNetwork, feature_network
from fetal.workbench.label_quality.stored_features import (
    Half,
    Numbers,
    compute_missing,
    features_after,
    read_features,
)

MOST_ON_A_MAP = 4_000
"""So many scans are drawn, chosen at random where there are more."""

FEWEST_FOR_UMAP = 16
"""UMAP looks at the fifteen nearest scans of each."""

_COMPONENTS = 50
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


def scan_map(workbench: Workbench) -> ScanMap:
    """Lay the stored scans out by the first two principal components (Pearson 1901).

    Args:
        workbench: the workbench.

    Raises:
        NoModelError: no model predicts in this workspace.
    """
    workbench.permit(Permission.SEE)
    numbers, kept, known = _on_the_map(workbench)
    with workbench.store.reading() as session:
        every = cells(session, ScanFilter())
        seen = views(session, numbers.tolist())
    places = dict(zip(numbers.tolist(), _laid_out(kept), strict=True))
    return ScanMap(
        scans=seen,
        places=np.array([places[one.id] for one in seen]).reshape(-1, 2),
        method="PCA",
        known=known,
        stored=sum(cell.scans for cell in every if cell.source != SAMPLE),
    )


def umap_places(workbench: Workbench) -> dict[int, tuple[float, float]]:
    """Lay the scans of the map out by UMAP (McInnes et al. 2018); `umap-learn` has to be there.

    It takes a minute and more, so a page has it done beside itself. It begins with the principal
    components, so that the same scans give the same map.

    Args:
        workbench: the workbench.

    Returns:
        Where each scan lies, by its number; nothing of fewer than `FEWEST_FOR_UMAP`.

    Raises:
        NoModelError: no model predicts in this workspace.
    """
    workbench.permit(Permission.SEE)
    numbers, kept, _ = _on_the_map(workbench)
    if len(numbers) < FEWEST_FOR_UMAP:
        return {}
    from umap import UMAP

    components = Scaling.of(kept, _COMPONENTS).apply(kept)
    places = UMAP(init="pca", random_state=0, n_jobs=1).fit_transform(components)
    return {
        number: (float(x), float(y))
        for number, (x, y) in zip(numbers.tolist(), places.tolist(), strict=True)
    }


def _on_the_map(workbench: Workbench) -> tuple[Numbers, Half, int]:
    """The scans that are drawn, (n,), what is kept of them, (n, c), and how many are known."""
    network = feature_network(workbench)
    followed = _followed(workbench)
    with followed.turn, workbench.store.reading() as session:
        numbers, kept = followed.follow(session, network).all()
    known = len(numbers)
    if known > MOST_ON_A_MAP:
        drawn = np.random.default_rng(0).choice(known, MOST_ON_A_MAP, replace=False)
        numbers, kept = numbers[drawn], kept[drawn]
    return numbers, kept, known


def can_umap() -> bool:
    """Return whether `umap-learn` is installed."""
    return find_spec("umap") is not None


def _laid_out(kept: Half) -> NDArray[np.float64]:
    if len(kept) < 3:
        return np.zeros((len(kept), 2))
    places = Scaling.of(kept, 2).apply(kept)
    # Scans that lie on one line, or on one another, have no second component.
    return np.pad(places, ((0, 0), (0, 2 - places.shape[1])))


def _followed(workbench: Workbench) -> _Followed:
    with _OPENING:
        # The workbench is another object in each person's hands; this part of it is the same.
        return _INDEXES.setdefault(workbench.fingerprints, _Followed())


_INDEXES: WeakKeyDictionary[FingerprintIndex, _Followed] = WeakKeyDictionary()
_OPENING = threading.Lock()
