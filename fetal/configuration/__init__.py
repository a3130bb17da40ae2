"""The settings of the program: what an administrator may change, from environment or file.

`declared` lists them, `setting` finds and checks a value, `overview` tells where each value comes
from. No other module of this program reads a `FETAL_…` variable. How one training runs is not set
here but in `fetal.training.settings`.
"""
