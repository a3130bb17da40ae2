"""Evaluation: how good a model is on labelled scans, written down so that a reviewer can judge."""

from fetal.evaluation.cases import Case, LabelledScan, examine
from fetal.evaluation.measuring import NothingToMeasureError, measure
from fetal.evaluation.pictures import Exhibit, exhibits
from fetal.evaluation.report import FEW, Group, Mistake, Report, Withstood
from fetal.evaluation.withstanding import withstand
from fetal.evaluation.writing import to_html, to_markdown

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
