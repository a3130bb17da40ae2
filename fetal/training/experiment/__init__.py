"""Experiments: settings compared on patients that none of the trainings has seen."""

from fetal.training.experiment.cases import Case
from fetal.training.experiment.comparing import Row, compare, markdown
from fetal.training.experiment.results import Results
from fetal.training.experiment.running import run_sweep
from fetal.training.experiment.sweep import Sweep, SweepError, Variant, read_sweep

__all__ = [
    "Case",
    "Results",
    "Row",
    "Sweep",
    "SweepError",
    "Variant",
    "compare",
    "markdown",
    "read_sweep",
    "run_sweep",
]
