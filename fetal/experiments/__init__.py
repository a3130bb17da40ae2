"""Experiments: settings compared on patients that none of the trainings has seen."""

from fetal.experiments.cases import Case
from fetal.experiments.comparing import Row, compare, markdown
from fetal.experiments.results import Results
from fetal.experiments.running import run_sweep
from fetal.experiments.sweep import Sweep, SweepError, Variant, read_sweep

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
