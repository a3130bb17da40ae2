"""The use cases that the pages and the command line share."""

from fetal.workbench.core.champion import ModelView
from fetal.workbench.core.workbench import Champion, NoModelError, Workbench
from fetal.workbench.open import open_workbench

__all__ = ["Champion", "ModelView", "NoModelError", "Workbench", "open_workbench"]
