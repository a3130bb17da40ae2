"""Evaluation: how good a model is on labelled scans, written down so that a reviewer can judge."""

from fetal.evaluation.error_examples import Exhibit, exhibits
from fetal.evaluation.evaluate import NothingToMeasureError, measure
from fetal.evaluation.labelled_predictions import Case, LabelledScan, examine
from fetal.evaluation.render import to_html, to_markdown
from fetal.evaluation.report import FEW, Group, Mistake, Report, Withstood
from fetal.evaluation.robustness import withstand

__all__ = [
    "FEW",
    "Case",
    "Exhibit",
    "Group",
    "LabelledScan",
    "Mistake",
    "NothingToMeasureError",
    "Report",
    "Withstood",
    "examine",
    "exhibits",
    "measure",
    "to_html",
    "to_markdown",
    "withstand",
]
