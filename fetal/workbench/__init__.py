"""The use cases that the pages and the command line share."""

from fetal.workbench.bench import Champion, NoModelError, Workbench, open_workbench
from fetal.workbench.version import ModelView

__all__ = ["Champion", "ModelView", "NoModelError", "Workbench", "open_workbench"]
