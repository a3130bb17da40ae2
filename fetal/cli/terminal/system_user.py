"""The workspace as the command line opens it: in the hands of the computer's own account."""

import getpass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fetal.workbench import Workbench


def user_name() -> str:
    """Return the name of the computer's account that runs this command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


def open_for_system_user() -> "Workbench":
    """Open the workspace; whoever can read its files may do everything, and the audit says who."""
    from fetal.workbench import open_workbench
    from fetal.workbench.core.actor import system_user

    return open_workbench().acting_as(system_user(user_name()))
