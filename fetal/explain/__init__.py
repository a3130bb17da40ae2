"""Where a model looked: class activation maps by several methods, and their colours over a scan.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

from fetal.explain.base import Cam, ForwardPass, ForwardPassError, Heat
from fetal.explain.colormaps import COLOUR_MAPS, UnknownColourMapError, colour_map, enlarge, overlay
from fetal.explain.eigen_cam import EigenCam
from fetal.explain.gradient_cams import GradCam, GradCamPlusPlus, HiResCam, grad_cam
from fetal.explain.jpeg import encode_jpeg
from fetal.explain.methods import METHODS, UnknownMethodError, method
from fetal.explain.score_cam import ScoreCam

__all__ = [
    "COLOUR_MAPS",
    "METHODS",
    "Cam",
    "EigenCam",
    "ForwardPass",
    "ForwardPassError",
    "GradCam",
    "GradCamPlusPlus",
    "Heat",
    "HiResCam",
    "ScoreCam",
    "UnknownColourMapError",
    "UnknownMethodError",
    "colour_map",
    "encode_jpeg",
    "enlarge",
    "grad_cam",
    "method",
    "overlay",
]
