"""Who may stop a run: whoever started it, and those who may stop another person's."""

from sqlalchemy import select

from fetal.store.tables import Run
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench


def permit_cancel(workbench: Workbench, run_id: int, who: str) -> str:
    """Make sure that a person may stop a run.

    Args:
        workbench: the workbench.
        run_id: the run.
        who: the name that was given with it.

    Returns:
        The name that is to be written down (`Workbench.permit`).

    Raises:
        NotPermittedError: the person may not stop this run.
    """
    with workbench.store.reading() as session:
        owner = session.scalar(select(Run.who).where(Run.id == run_id))
    own = owner == (workbench.actor.name or who)
    needed = Permission.CANCEL_OWN if own else Permission.CANCEL_OTHERS
    return workbench.permit(needed, who, run=run_id)
