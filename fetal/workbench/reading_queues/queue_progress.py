"""How far a reading queue is: what is left of it, and who gave how many labels in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from fetal.store.state.state_tables import ScanState
from fetal.store.tables import Annotation
from fetal.workbench.catalogue.query import cells, conditions, in_cells
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.reading_queues.queues import Queue, waiting

MOST_COUNTED = 10_000
"""So many scans are counted one by one; a page asks after each key."""


@dataclass(frozen=True)
class Progress:
    """How far a queue is.

    Attributes:
        left: how many of its scans wait for a label.
        given: how many labels each person gave in it that still stand or were replaced later.
        is_more: whether more than `left` wait, which were not counted.
    """

    left: int
    given: dict[str, int]
    is_more: bool = False


def progress(workbench: Workbench, queue: Queue) -> Progress:
    """Count what is left of a queue, and who gave how many labels in it.

    Args:
        workbench: the workbench.
        queue: the queue.

    Returns:
        The counts. Scans without a label are counted whole, unless the filter asks for dates,
        people, machines or words; of all others, at most `MOST_COUNTED`.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        left, is_more = _left(session, queue)
        rows = session.execute(
            select(Annotation.who, func.count())
            .where(Annotation.queue_id == queue.id, Annotation.queue_id.is_not(None))
            .group_by(Annotation.who)
        )
        return Progress(left, {row[0]: row[1] for row in rows}, is_more)


def _left(session: Session, queue: Queue) -> tuple[int, bool]:
    chosen = replace(queue.chosen, after=None)
    if conditions(chosen):
        known, counted = 0, _count(session, waiting(session, queue))
    else:
        found = cells(session, chosen)
        known = sum(cell.scans for cell in found if not cell.label)
        labelled = [cell for cell in found if cell.label]
        older = [in_cells(labelled), ScanState.label_id <= queue.mark]
        counted = _count(session, older) if labelled else 0
    return known + min(counted, MOST_COUNTED), counted > MOST_COUNTED


def _count(session: Session, wanted: Sequence[ColumnElement[bool]]) -> int:
    """Count scans, up to one more than `MOST_COUNTED`."""
    found = select(literal(1)).select_from(ScanState).where(*wanted).limit(MOST_COUNTED + 1)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0
