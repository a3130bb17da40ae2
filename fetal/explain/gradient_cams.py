"""Methods that weigh the maps by the gradient of a class's score, which is known in closed form."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fetal.explain.base import Array, Cam, ForwardPass, Heat


class GradCam(Cam):
    """Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391).

    A map counts as much as the class's score grows with it, averaged over its cells. Where the
    score is one dense layer over averaged maps, that is the layer's kernel divided by the map's
    area.

    Example:
        >>> seen = ForwardPass(np.array([[[0.0], [3.0]]]), np.array([[2.0, -1.0]]))
        >>> GradCam()(seen).tolist()
        [[[0.0, 1.0]], [[0.0, 0.0]]]
    """

    name = "grad-cam"
    title = "Grad-CAM"
    words = "the parts of the scan that raised the model’s score for the plane."

    def weights(self, seen: ForwardPass) -> Array:
        """The gradient."""
        return seen.gradient


class GradCamPlusPlus(Cam):
    """Grad-CAM++ (Chattopadhay et al. 2018, https://arxiv.org/abs/1710.11063).

    The paper weighs each cell's positive gradient by a coefficient made of the second and third
    derivatives of exp(score). With the gradient g the same in all cells, these are g² and g³ times
    exp(score), and the coefficient is 1 / (2 + g · sum of the map): a map that speaks against the
    class drops out, and one that speaks for it counts the less, the more of it there is. So small
    or repeated structures are not drowned by one large one. Maps must not be negative, as after a
    ReLU.

    Example:
        >>> seen = ForwardPass(np.array([[[0.0, 2.0], [4.0, 2.0]]]), np.array([[1.0], [-1.0]]))
        >>> GradCamPlusPlus()(seen).tolist()
        [[[0.0, 1.0]]]
    """

    name = "grad-cam++"
    title = "Grad-CAM++"
    words = (
        "like Grad-CAM, but what spoke against the plane is left out, and small parts count for "
        "more beside a large one."
    )

    def weights(self, seen: ForwardPass) -> Array:
        """The positive gradients, each by its coefficient; exp(score) cancels in the scaling."""
        contribution = seen.maps.sum(axis=(0, 1))[:, None] * seen.gradient
        # Where the gradient is negative the weight is 0, whatever it is divided by.
        return np.asarray(
            np.maximum(seen.gradient, 0) / (2 + np.maximum(contribution, 0)), np.float32
        )


class HiResCam(GradCam):
    """HiResCAM (Draelos and Carin 2020, https://arxiv.org/abs/2011.08891).

    Gradient times map in each cell, without averaging the gradient first. Its sum over all cells,
    with the bias, is the class's score, so that it shows what the score is made of.

    Where the score is one dense layer over averaged maps, as in every model here, the gradient is
    the same in every cell. Averaging then changes nothing: HiResCAM equals Grad-CAM, and both
    have this property. It differs for models with another head, which this program does not
    build.

    Example:
        >>> seen = ForwardPass(np.array([[[1.0], [3.0]]]), np.array([[2.0]]))
        >>> float(HiResCam().signed(seen).sum())
        4.0
    """

    name = "hirescam"
    title = "HiResCAM"
    words = (
        "what each part added to the model’s score; for the models of this program the picture is "
        "the same as Grad-CAM’s."
    )

    def signed(self, seen: ForwardPass) -> Array:
        """Gradient times map, cell by cell."""
        each = seen.maps[..., None] * seen.gradient
        return np.asarray(each.sum(axis=2), np.float32)


def grad_cam(maps: npt.NDArray[Any], kernel: npt.NDArray[Any]) -> Heat:
    """Grad-CAM of every class at once, without a backward pass.

    Args:
        maps: the last convolution's maps, (h, w, channels).
        kernel: the classifying layer's kernel, (channels, classes).

    Returns:
        float32 (classes, h, w). What speaks for the class, each map scaled to its own largest
        value, 1; a map is all 0 where nothing speaks for its class.

    Example:
        >>> grad_cam(np.array([[[0.0], [3.0]]]), np.array([[2.0, -1.0]])).tolist()
        [[[0.0, 1.0]], [[0.0, 0.0]]]
    """
    return GradCam()(ForwardPass(np.asarray(maps, np.float32), np.asarray(kernel, np.float32)))
