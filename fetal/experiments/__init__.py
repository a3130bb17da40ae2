"""Experiments: settings compared on patients that none of the trainings has seen."""

from fetal.experiments.folds import ExperimentScan
from fetal.experiments.group_table import tables
from fetal.experiments.results import Results
from fetal.experiments.runner import run_sweep
from fetal.experiments.sweep import Sweep, SweepError, Variant, read_sweep
from fetal.experiments.variant_table import Row, compare, markdown

__all__ = [
    "ExperimentScan",
    "Results",
    "Row",
    "Sweep",
    "SweepError",
    "Variant",
    "compare",
    "markdown",
    "read_sweep",
    "run_sweep",
    "tables",
]
