"""How good a model is, with intervals from resampling patients.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

from fetal.metrics.calibration import ReliabilityBin, expected_calibration_error, reliability
from fetal.metrics.interval import Interval
from fetal.metrics.non_inferiority import MARGIN, Judgement, Verdict, judge
from fetal.metrics.paired_difference import paired_difference
from fetal.metrics.percent import percent
from fetal.metrics.proportions import share
from fetal.metrics.roc import Flagged, Roc, roc
from fetal.metrics.selective import Coverage, CoverageStep, coverage
from fetal.metrics.summary import Evaluation, PlaneFigures, evaluate

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
