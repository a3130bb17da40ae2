"""What a model says about a scan: plane, calibrated probabilities, doubt, heat maps."""

from fetal.predict.engines import ForkedProcessError, UnknownEngineError
from fetal.predict.inputs import Image, as_scan
from fetal.predict.kept_heat import KeptHeat, levels
from fetal.predict.model import Model, load_model, shipped_folder
from fetal.predict.prediction import Prediction
from fetal.predict.second_opinion import SecondOpinion
from fetal.predict.uncertainty import Doubt, doubt_words

__all__ = [
    "Doubt",
    "ForkedProcessError",
    "Image",
    "KeptHeat",
    "Model",
    "Prediction",
    "SecondOpinion",
    "UnknownEngineError",
    "as_scan",
    "doubt_words",
    "levels",
    "load_model",
    "shipped_folder",
]
