"""How a model sees each plane: statistics of its pooled features over many scans."""

import zipfile
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fetal.bundle.errors import FeaturesError
from fetal.planes import PLANES

FILE = "features.npz"
"""Where a model's folder keeps them."""

LARGEST = 64 * 2**20
"""Bytes that the unpacked file may take: hundreds of times more than any architecture needs."""

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FeatureStatistics:
    """Where the training scans of each plane lie in the model's own space of features.

    A pooled feature is the average of one of the last convolution's maps, as the classifying
    layer receives it. What is kept are averages over all training scans of a plane; no scan can
    be had from them.

    Attributes:
        counts: int64 (6,), how many scans stand behind each plane; 0 where there were none.
        means: float32 (6, c), the mean features of each plane; of a plane without scans, the mean
            of the others.
        basis: float32 (c, r), orthonormal: the directions in which the scans of a plane differ
            most from each other.
        spreads: float32 (6, r), the standard deviation of each plane along these directions.
        rest: float32 (6,), the standard deviation of each plane along any one of the c - r
            directions that are left.
        positive: whether no feature is ever negative, as after a ReLU.

    Example:
        >>> statistics = Bundle.open("models/shipped").features()  # doctest: +SKIP
        >>> statistics.draw(0, 32, np.random.default_rng(7)).shape  # doctest: +SKIP
        (32, 2048)
    """

    counts: npt.NDArray[np.int64]
    means: Floats
    basis: Floats
    spreads: Floats
    rest: Floats
    positive: bool = True

    def __post_init__(self) -> None:
        planes, (channels, rank) = len(PLANES), self.basis.shape
        expected = {
            "counts": (planes,),
            "means": (planes, channels),
            "basis": (channels, rank),
            "spreads": (planes, rank),
            "rest": (planes,),
        }
        received = {name: getattr(self, name).shape for name in expected}
        if received != expected:
            raise FeaturesError(
                f"The model's feature statistics expect the shapes {expected}; received "
                f"{received}. Copy the whole folder again."
            )
        if not self.counts.any() or not all(
            np.isfinite(getattr(self, name)).all() for name in expected
        ):
            raise FeaturesError(
                "The model's feature statistics tell of no scan, or hold values that are no "
                "numbers. Copy the whole folder again."
            )

    def draw(self, plane: int, n: int, rng: np.random.Generator, width: float = 1.0) -> Floats:
        """Make up features as scans of a plane have them, from a normal distribution.

        Rehearsing made-up features keeps a classifier from forgetting scans that it can no longer
        see (Zhu et al. 2021, “Prototype Augmentation and Self-Supervision for Incremental
        Learning”).

        Args:
            plane: index into `fetal.planes.PLANES`.
            n: how many.
            rng: where the chance comes from.
            width: by how much wider than the training scans they lie around the plane's mean.

        Returns:
            float32 (n, c).

        Raises:
            ValueError: no scan of this plane stands behind the statistics.
        """
        if not self.counts[plane]:
            raise ValueError(
                f"Expected a plane that the model has seen; it was trained on no scan of "
                f"“{PLANES[plane]}”. Ask `counts` first."
            )
        channels, rank = self.basis.shape
        along = rng.standard_normal((n, rank), np.float32) * (width * self.spreads[plane])
        across = rng.standard_normal((n, channels), np.float32) * (width * self.rest[plane])
        across -= (across @ self.basis) @ self.basis.T
        drawn = self.means[plane] + along @ self.basis.T + across
        return np.asarray(np.maximum(drawn, 0) if self.positive else drawn, np.float32)

    def strangeness(self, features: Floats) -> npt.NDArray[np.float64]:
        """How much of what a model sees in pictures no training scan has ever shown it.

        Training scans differ from each other in some directions only: along the basis, and from
        plane to plane. What a picture has beyond them is the residual of Wang et al. (2022, “ViM:
        Out-of-Distribution with Virtual-logit Matching”), here as a share of the whole, so that a
        brighter or fainter scan is no stranger than others.

        Args:
            features: float32 (n, c), pooled features.

        Returns:
            float64 (n,), 0 to 1.
        """
        centred = features.astype(np.float64) - self._centre
        squares, inside = (centred**2).sum(axis=1), ((centred @ self._known) ** 2).sum(axis=1)
        length = np.linalg.norm(features.astype(np.float64), axis=1)
        beyond = np.sqrt(np.maximum(squares - inside, 0))
        strange = np.ones(len(features))
        return np.asarray(np.divide(beyond, length, out=strange, where=length > 0).clip(max=1))

    @cached_property
    def _centre(self) -> npt.NDArray[np.float64]:
        """The mean of all training scans, (c,)."""
        return np.asarray(self.counts @ self.means.astype(np.float64) / self.counts.sum())

    @cached_property
    def _known(self) -> npt.NDArray[np.float64]:
        """Orthonormal directions in which training scans differ, (c, k)."""
        seen = self.means[self.counts > 0].astype(np.float64)
        directions, _ = np.linalg.qr(np.concatenate([self.basis, (seen[1:] - seen[0]).T], axis=1))
        return np.asarray(directions)

    def merged_with(self, other: Self) -> Self:
        """Join with the statistics of other scans, as the same network sees them.

        Counts add up; means and variances are combined as those of two groups are (Chan et al.
        1979, “Updating Formulae and a Pairwise Algorithm for Computing Sample Variances”), along
        the principal axes of what both spread in.

        Args:
            other: Of scans that do not stand behind these yet.

        Returns:
            The statistics of both: the means exactly, the spreads nearly, since directions beyond
            either basis are known only by their average.

        Raises:
            FeaturesError: the two have not the same number of features.
        """
        if self.means.shape != other.means.shape:
            raise FeaturesError(
                f"Expected feature statistics of {self.means.shape[1]} features to merge with; "
                f"received {other.means.shape[1]}. Merge those of the same network."
            )
        counts = self.counts + other.counts
        known = counts > 0
        parts = (self, other)
        shares = [part.counts / np.maximum(counts, 1) for part in parts]
        means = shares[0][:, None] * self.means + shares[1][:, None] * other.means
        apart = np.sqrt(shares[0] * shares[1])[:, None] * (self.means - other.means)
        basis = _axes([*(part._scatter() for part in parts), np.sqrt(counts)[:, None] * apart])
        basis = basis[:, : max(part.basis.shape[1] for part in parts)]
        along, whole = (apart @ basis) ** 2, (apart**2).sum(axis=1)
        for part, share in zip(parts, shares, strict=True):
            along += share[:, None] * part._variances(basis)
            whole += share * part.variances()
        left = max(basis.shape[0] - basis.shape[1], 1)
        rest = np.maximum(whole - along.sum(axis=1), 0) / left
        weights = counts / max(counts.sum(), 1)
        for values in (means, along, rest):
            values[~known] = weights @ values
        return type(self)(
            counts=counts,
            means=means.astype(np.float32),
            basis=np.ascontiguousarray(basis, np.float32),
            spreads=np.sqrt(along).astype(np.float32),
            rest=np.sqrt(rest).astype(np.float32),
            positive=self.positive and other.positive,
        )

    def variances(self) -> Doubles:
        """The variance of each plane, summed over all features: float64 (6,)."""
        channels, rank = self.basis.shape
        squares = self.spreads.astype(np.float64) ** 2
        return np.asarray(squares.sum(axis=1) + (channels - rank) * self.rest.astype(float) ** 2)

    def _scatter(self) -> Doubles:
        """The basis, each direction as long as all scans together spread along it: (r, c)."""
        squares = self.counts @ self.spreads.astype(np.float64) ** 2
        return np.asarray(np.sqrt(squares)[:, None] * self.basis.T)

    def _variances(self, directions: Doubles) -> Doubles:
        """Each plane's variance along orthonormal directions, (c, k): (6, k)."""
        turned = (directions.T @ self.basis) ** 2
        beyond = np.maximum(1 - turned.sum(axis=1), 0)
        return np.asarray(
            self.spreads.astype(np.float64) ** 2 @ turned.T
            + self.rest.astype(np.float64)[:, None] ** 2 * beyond
        )

    def write(self, folder: Path) -> None:
        """Write them into a model's folder.

        The basis is kept in 16 bits: it is most of the file, and its last digits matter little.
        """
        values: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        np.savez(folder / FILE, **values | {"basis": self.basis.astype(np.float16)})

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read them from a model's folder; nothing in the file is ever run.

        Raises:
            FeaturesError: the file is none that this program wrote.
        """
        path = folder / FILE
        try:
            with zipfile.ZipFile(path) as packed:
                size = sum(member.file_size for member in packed.infolist())
            if size > LARGEST:
                raise ValueError(f"it unpacks to {size} bytes")
            with np.load(path, allow_pickle=False) as stored:
                values = {name: stored[name] for name in ("means", "basis", "spreads", "rest")}
                return cls(
                    stored["counts"].astype(np.int64),
                    **{name: value.astype(np.float32) for name, value in values.items()},
                    positive=bool(stored["positive"]),
                )
        except FeaturesError:
            raise
        except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise FeaturesError(
                f"The feature statistics of the model in “{folder}” cannot be read ({error}). "
                "Copy the whole folder again."
            ) from error


def _axes(rows: list[Doubles]) -> Doubles:
    """The principal axes of rows, (n, c), the longest first: (c, min(n, c))."""
    _, _, axes = np.linalg.svd(np.concatenate(rows), full_matrices=False)
    return np.asarray(axes.T)
