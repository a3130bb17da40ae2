"""Eigen-CAM: what the maps have most in common, whatever the class."""

import numpy as np

from fetal.explain.base import Array, Cam, ForwardPass


class EigenCam(Cam):
    """Eigen-CAM (Muhammad and Yeasin 2020, https://arxiv.org/abs/2008.00299).

    The maps projected on their first principal direction: where most of the channels are active
    together. It asks no class, so that all classes get the same heat, whatever the model says.

    As in the paper the maps are not centred. Maps after a ReLU are never negative; then neither is
    their first direction, and no sign has to be guessed.

    Example:
        >>> seen = ForwardPass(np.array([[[1.0, 0.0], [2.0, 4.0]]]), np.ones((2, 1)))
        >>> EigenCam()(seen).argmax()
        np.int64(1)
    """

    name = "eigen-cam"
    title = "Eigen-CAM"
    words = (
        "the parts to which the model answered most strongly; the picture is the same for every "
        "plane."
    )

    def weights(self, seen: ForwardPass) -> Array:
        """The first right singular vector of the maps, for every class."""
        cells = np.asarray(seen.maps, np.float64).reshape(-1, seen.maps.shape[-1])
        # There are far fewer cells than channels, so the cells' own products are the small matrix.
        strengths, vectors = np.linalg.eigh(cells @ cells.T)
        direction = cells.T @ vectors[:, -1]
        direction *= np.sign(vectors[:, -1].sum()) / max(np.sqrt(max(strengths[-1], 0)), 1e-12)
        return np.repeat(direction[:, None], seen.kernel.shape[1], axis=1).astype(np.float32)
