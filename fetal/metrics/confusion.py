"""What was taken for what, and the figures that follow from it."""

from typing import Any

import numpy as np

from fetal.metrics.bootstrap import Draws, Floats, spread
from fetal.metrics.interval import Interval
from fetal.metrics.predictions import Predictions
from fetal.planes import PLANES


class Confusion:
    """The confusion matrix of the scans as they are, and of every draw of their patients.

    Attributes:
        counts: Rows are the true planes, columns the answers, (6, 6).
        drawn: The same in every draw, (resamples, 6, 6).
        present: The planes that some scan shows, as indices into PLANES.
    """

    def __init__(self, answers: Predictions, draws: Draws) -> None:
        size = len(PLANES)
        cells = np.eye(size * size)[answers.truth * size + answers.guess]
        self.counts: Floats = cells.sum(axis=0).reshape(size, size)
        self.drawn: Floats = draws.sums(cells).reshape(-1, size, size)
        self.present = [index for index in range(size) if self.counts[index].sum() > 0]

    def accuracy(self) -> Interval:
        """The share of right answers."""
        return self._interval(lambda m: np.trace(m, axis1=-2, axis2=-1) / m.sum(axis=(-2, -1)))

    def balanced_accuracy(self) -> Interval:
        """The mean recall over the planes that are present."""
        return self._interval(lambda m: np.nanmean(_recall(m)[..., self.present], axis=-1))

    def precision(self, plane: int) -> Interval:
        """Of the scans that were called a plane, the share that shows it."""
        return self._interval(lambda m: m[..., plane, plane] / m[..., :, plane].sum(axis=-1))

    def recall(self, plane: int) -> Interval:
        """Of the scans that show a plane, the share that was called so."""
        return self._interval(lambda m: _recall(m)[..., plane])

    def f1(self, plane: int) -> Interval:
        """The harmonic mean of the two."""
        return self._interval(
            lambda m: 2 * m[..., plane, plane] / (m[..., plane, :] + m[..., :, plane]).sum(axis=-1)
        )

    def shares(self) -> list[list[Interval] | None]:
        """Each cell as a share of its row; none for a row without a scan."""
        return [
            [self._share(row, column) for column in range(len(PLANES))]
            if row in self.present
            else None
            for row in range(len(PLANES))
        ]

    def _share(self, row: int, column: int) -> Interval:
        return self._interval(lambda m: m[..., row, column] / m[..., row, :].sum(axis=-1))

    def _interval(self, figure: Any) -> Interval:
        with np.errstate(invalid="ignore", divide="ignore"):
            value = float(np.nan_to_num(figure(self.counts)))
            return spread(value, figure(self.drawn))


def _recall(matrix: Floats) -> Floats:
    return np.asarray(np.diagonal(matrix, axis1=-2, axis2=-1) / matrix.sum(axis=-1))
