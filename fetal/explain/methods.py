"""The methods by name."""

from collections.abc import Mapping

from fetal.explain.base import Cam
from fetal.explain.eigen_cam import EigenCam
from fetal.explain.gradient_cams import GradCam, GradCamPlusPlus, HiResCam
from fetal.explain.score_cam import ScoreCam

METHODS: Mapping[str, Cam] = {
    cam.name: cam for cam in (GradCam(), GradCamPlusPlus(), HiResCam(), EigenCam(), ScoreCam())
}
"""Every method that can be chosen; the first is the default."""


class UnknownMethodError(ValueError):
    """A method that this program does not have."""


def method(name: str) -> Cam:
    """Find a method by its name.

    Args:
        name: a key of `METHODS`.

    Returns:
        The method.

    Raises:
        UnknownMethodError: there is none of this name.

    Example:
        >>> method("eigen-cam").title
        'Eigen-CAM'
    """
    if name not in METHODS:
        raise UnknownMethodError(
            f"There is no method “{name}” to explain a prediction. "
            f"Choose one of {', '.join(METHODS)}."
        )
    return METHODS[name]
