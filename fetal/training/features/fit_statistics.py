"""What a model finds familiar: statistics of the features of the scans that it has learnt from."""

import numpy as np
from numpy.typing import NDArray

from fetal.bundle import FeatureStatistics
from fetal.planes import PLANES

RANK = 128
"""Directions that are kept one by one, at most; the others share one spread."""

_SHARE = 4
"""At most one of so many directions is kept, or a small network would find nothing strange."""

_FLAT = 1e-4
"""Directions with less than this share of the widest one's spread are rounding errors."""

_PRIOR = 16
"""Scans' worth of belief that a plane spreads like all planes together."""

Floats = NDArray[np.float32]


def fit_features(
    features: Floats, classes: NDArray[np.int64], rank: int = RANK
) -> FeatureStatistics:
    """Sum up how the scans of each plane lie in the space of features.

    A plane of few scans borrows the spread of all planes together: seven scans cannot tell how
    wide they lie in a hundred directions. The directions are the principal axes of the deviations
    from each scan's own plane.

    Args:
        features: float32 (n, c), the pooled features of the training scans.
        classes: int64 (n,), their planes as indices into `fetal.planes.PLANES`.
        rank: how many directions to keep, at most; fewer where n or c is small.

    Returns:
        The statistics.
    """
    counts = np.bincount(classes, minlength=len(PLANES))
    known = counts > 0
    means = np.zeros((len(PLANES), features.shape[1]))
    for plane in np.flatnonzero(known):
        means[plane] = features[classes == plane].mean(axis=0, dtype=np.float64)
    means[~known] = means[known].mean(axis=0)
    deviations = features - means[classes].astype(np.float32)
    # The triangle of a QR decomposition has the axes of the whole, at a fraction of its size.
    _, widths, axes = np.linalg.svd(np.linalg.qr(deviations, mode="r"), full_matrices=False)
    wide = int((widths > _FLAT * widths.max()).sum())
    basis = axes[: min(rank, wide, features.shape[1] // _SHARE)].T
    along = _shrunk((deviations @ basis) ** 2, classes, counts)
    whole = _shrunk((deviations**2).sum(axis=1, keepdims=True), classes, counts)
    left = features.shape[1] - basis.shape[1]
    rest = np.maximum(whole[:, 0] - along.sum(axis=1), 0) / max(left, 1)
    return FeatureStatistics(
        counts=counts.astype(np.int64),
        means=means.astype(np.float32),
        basis=np.ascontiguousarray(basis, np.float32),
        spreads=np.sqrt(along).astype(np.float32),
        rest=np.sqrt(rest).astype(np.float32),
        positive=bool(features.min() >= 0),
    )


def fit_unknown(strangeness: NDArray[np.float64]) -> float | None:
    """The strangeness from which on a picture is called unknown.

    Args:
        strangeness: (n,), of the scans of validation patients, all of them familiar.

    Returns:
        What 97.5 % of them stay below, but kept between 1.7 and 1.9 times their median, since a
        few scans cannot tell where the last fortieth begins: below that, scans with letters on
        them were called unknown; above, pictures of other things went through. None where nothing
        is ever strange, as in a network that learnt nothing.
    """
    middle = float(np.median(strangeness))
    if middle <= 0:
        return None
    return float(np.clip(np.quantile(strangeness, 0.975), 1.7 * middle, 1.9 * middle))


def _shrunk(
    squares: Floats, classes: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The variance of each plane, (6, k), from squared deviations, (n, k), drawn to the pooled."""
    sums = np.zeros((len(PLANES), squares.shape[1]))
    np.add.at(sums, classes, squares)
    freedom = np.maximum(counts - 1, 0)[:, None]
    pooled = sums.sum(axis=0) / max(freedom.sum(), 1)
    return np.asarray((sums + _PRIOR * pooled) / (freedom + _PRIOR))
