"""How good a model is, with intervals from resampling patients."""

from fetal.metrics.evaluation import (
    Evaluation,
    PlaneFigures,
    evaluate,
    expected_calibration_error,
    paired_difference,
)
from fetal.metrics.interval import Interval
from fetal.metrics.separation import Flagged, Roc, roc

__all__ = [
    "Evaluation",
    "Flagged",
    "Interval",
    "PlaneFigures",
    "Roc",
    "evaluate",
    "expected_calibration_error",
    "paired_difference",
    "roc",
]
