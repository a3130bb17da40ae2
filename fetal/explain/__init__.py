"""Where a model looked: class activation maps by several methods, and their colours over a scan."""

from fetal.explain.cam import Cam, ForwardPassError, Heat, Seen
from fetal.explain.colours import COLOUR_MAPS, UnknownColourMapError, colour_map, enlarge, overlay
from fetal.explain.eigen import EigenCam
from fetal.explain.gradients import GradCam, GradCamPlusPlus, HiResCam, grad_cam
from fetal.explain.jpeg import encode_jpeg
from fetal.explain.methods import METHODS, UnknownMethodError, method
from fetal.explain.score import ScoreCam

__all__ = [
    "COLOUR_MAPS",
    "METHODS",
    "Cam",
    "EigenCam",
    "ForwardPassError",
    "GradCam",
    "GradCamPlusPlus",
    "Heat",
    "HiResCam",
    "ScoreCam",
    "Seen",
    "UnknownColourMapError",
    "UnknownMethodError",
    "colour_map",
    "encode_jpeg",
    "enlarge",
    "grad_cam",
    "method",
    "overlay",
]
