"""How good a model is, with intervals from resampling patients.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

from fetal.metrics.calibration import ReliabilityBin, expected_calibration_error, reliability
from fetal.metrics.conformal.plane_set import PlaneSet
from fetal.metrics.conformal.set_figures import SetFigures, set_figures
from fetal.metrics.conformal.set_thresholds import SetThresholds, set_thresholds
from fetal.metrics.interval import Interval
from fetal.metrics.non_inferiority import MARGIN, Judgement, Verdict, judge
from fetal.metrics.paired_difference import paired_difference
from fetal.metrics.percent import percent
from fetal.metrics.probabilities.adaptive_error import adaptive_calibration_error
from fetal.metrics.probabilities.calibration_line import CalibrationLine, calibration_line
from fetal.metrics.probabilities.classwise_error import classwise_calibration_error
from fetal.metrics.proportions import error_share, share
from fetal.metrics.roc import Flagged, Roc, roc
from fetal.metrics.selection.risk_coverage import RiskCoverage, risk_coverage
from fetal.metrics.selection.strangers import Strangers, strangers
from fetal.metrics.selection.sure_errors import SureErrors, sure_errors
from fetal.metrics.selective import Coverage, CoverageStep, coverage
from fetal.metrics.summary import Evaluation, PlaneFigures, evaluate

__all__ = [
    "MARGIN",
    "CalibrationLine",
    "Coverage",
    "CoverageStep",
    "Evaluation",
    "Flagged",
    "Interval",
    "Judgement",
    "PlaneFigures",
    "PlaneSet",
    "ReliabilityBin",
    "RiskCoverage",
    "Roc",
    "SetFigures",
    "SetThresholds",
    "Strangers",
    "SureErrors",
    "Verdict",
    "adaptive_calibration_error",
    "calibration_line",
    "classwise_calibration_error",
    "coverage",
    "error_share",
    "evaluate",
    "expected_calibration_error",
    "judge",
    "paired_difference",
    "percent",
    "reliability",
    "risk_coverage",
    "roc",
    "set_figures",
    "set_thresholds",
    "share",
    "strangers",
    "sure_errors",
]
