"""Keeps pydicom from writing what stands in a file into a log.

It warns of a value by repeating it, on its logger and as a Python warning, and a patient's name
would stand in the log of the app. What is wrong with a file is told by this program's own errors.
"""

import logging
import warnings

from pydicom import config


def keep_pydicom_quiet() -> None:
    """Have pydicom check no values on reading, and keep its other warnings to itself."""
    config.settings.reading_validation_mode = config.IGNORE
    logging.getLogger("pydicom").propagate = False
    warnings.filterwarnings("ignore", module=r"pydicom\b")
