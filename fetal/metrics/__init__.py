"""How good a model is, with intervals from resampling patients."""

from fetal.metrics.calibration import ReliabilityBin, expected_calibration_error, reliability
from fetal.metrics.difference import paired_difference
from fetal.metrics.evaluation import Evaluation, PlaneFigures, evaluate
from fetal.metrics.interval import Interval
from fetal.metrics.percent import percent
from fetal.metrics.selection import Coverage, CoverageStep, coverage
from fetal.metrics.separation import Flagged, Roc, roc
from fetal.metrics.shares import share
from fetal.metrics.verdict import MARGIN, Judgement, Verdict, judge

__all__ = [
    "MARGIN",
    "Coverage",
    "CoverageStep",
    "Evaluation",
    "Flagged",
    "Interval",
    "Judgement",
    "PlaneFigures",
    "ReliabilityBin",
    "Roc",
    "Verdict",
    "coverage",
    "evaluate",
    "expected_calibration_error",
    "judge",
    "paired_difference",
    "percent",
    "reliability",
    "roc",
    "share",
]
