"""Which of the trainings that wait comes first."""

from sqlalchemy import func, select, update

from fetal.jobs.claims.fenced_row import touched
from fetal.jobs.run_events import row_of
from fetal.store.access.audit_chain import EventKind
from fetal.store.states import RunState
from fetal.store.tables import Run
from fetal.training.events import LogLine
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench


def move_up(workbench: Workbench, run_id: int, who: str) -> bool:
    """Have a training that waits come before all others that wait.

    Otherwise that of a person comes first for whom fewest trainings go on, and of those the one
    that waits for longest.

    Args:
        workbench: the open workbench.
        run_id: the training.
        who: the person who asks.

    Returns:
        Whether it was moved; one that does not wait, or not any more, stays as it is.

    Raises:
        NotPermittedError: the person may not put trainings into another order.
    """
    who = workbench.permit(Permission.ORDER_TRAININGS, who, run=run_id)
    with workbench.store.session() as session:
        waiting = Run.status == RunState.QUEUED
        most = session.scalar(select(func.max(Run.priority)).where(waiting, Run.id != run_id))
        moved = session.execute(
            update(Run)
            .where(Run.id == run_id, waiting, Run.cancel_asked.is_(False))
            .values(priority=(most or 0) + 1)
        )
        if not touched(moved):
            return False
        workbench.tell(session, EventKind.TRAINING_MOVED, who, run=run_id)
        session.add(row_of(run_id, LogLine(f"{who} had this training come first.")))
        return True
