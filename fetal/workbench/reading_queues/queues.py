"""Reading queues: saved views of the scans that readers work through, each with its progress."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from fetal.store.labelling.queue_tables import ReadingQueue
from fetal.store.state.state_tables import ScanState
from fetal.store.table_base import now
from fetal.store.tables import Annotation
from fetal.workbench.catalogue.filter_text import from_values, to_values
from fetal.workbench.catalogue.query import ScanFilter, cells, conditions, in_cells, narrows
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

ReadingOrder = Literal["doubt", "diversity", "newest", "oldest", "plane", "disagreement"]
"""Which scans of a queue come first, as `ScanFilter.order` says; `diversity`: doubtful ones, each
unlike those before it (`fetal.workbench.reading_queues.diverse_ahead`)."""

LONGEST_NAME = 80


class QueueError(ValueError):
    """A queue that cannot be made, or that somebody may not read."""


@dataclass(frozen=True)
class Queue:
    """A view of the scans that is worked through.

    Attributes:
        id: its number; None where it is not saved, such as the scans behind a figure.
        name: what people call it.
        chosen: which scans.
        order: which come first.
        mark: the newest annotation when it was made. A scan whose label is newer is done.
        readers: who reads it; empty where everybody may.
        goal: how many labels each reader is to give; None without a goal.
        made_by: who made it.
        made_at: when.
        as_listed: whether scans come in the order of the filter's `ids`, whatever `order` says.
    """

    id: int | None
    name: str
    chosen: ScanFilter
    order: ReadingOrder
    mark: int
    readers: tuple[str, ...] = ()
    goal: int | None = None
    made_by: str = ""
    made_at: datetime | None = None
    as_listed: bool = False

    def is_for(self, who: str) -> bool:
        """Return whether a person may read it."""
        return not self.readers or who in self.readers


def save(
    workbench: Workbench,
    name: str,
    chosen: ScanFilter,
    who: str,
    *,
    order: ReadingOrder = "doubt",
    readers: Sequence[str] = (),
    goal: int | None = None,
) -> Queue:
    """Save a view as a queue.

    Args:
        workbench: the workbench.
        name: what people call it, at most 80 characters; no other open queue has it.
        chosen: which scans. It may name no patient, no note and no single scan: what is erased
            later must not stand here.
        who: the person.
        order: which scans come first.
        readers: who reads it; empty for everybody.
        goal: how many labels each reader is to give, at least 1; None without a goal.

    Returns:
        The queue. What has a label already counts as waiting, if the filter chooses such scans.

    Raises:
        QueueError: the name, the filter, the order or the goal does not fit.
        NotPermittedError: the person may not set up queues.
    """
    who = workbench.permit(Permission.MANAGE_QUEUES, who)
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise QueueError(f"A queue’s name has 1 to {LONGEST_NAME} characters, not {len(name)}.")
    if chosen.patients or chosen.note or chosen.ids is not None:
        raise QueueError(
            "A queue is kept, so it may name no patient, no note and no single scan. Empty the "
            "search, then save what is left of the filter."
        )
    if order not in get_args(ReadingOrder):
        raise QueueError(
            f"Scans come by one of {', '.join(get_args(ReadingOrder))}, not by {order!r}."
        )
    if goal is not None and goal < 1:
        raise QueueError(f"A goal is 1 label or more, not {goal}.")
    with workbench.store.session() as session:
        if any(one.name == name for one in _open(session)):
            raise QueueError(f"There is a queue “{name}” already. Give this one another name.")
        row = ReadingQueue(
            name=name,
            chosen=to_values(chosen),
            reading_order=order,
            mark=_newest(session),
            readers=sorted(set(readers)),
            goal=goal,
            made_by=who,
        )
        session.add(row)
        session.flush()
        return _queue(row)


def close(workbench: Workbench, queue_id: int, who: str) -> None:
    """End a queue; its labels stay, and so do its figures.

    Args:
        workbench: the workbench.
        queue_id: the queue.
        who: the person.

    Raises:
        QueueError: there is no such open queue.
        NotPermittedError: the person may not set up queues.
    """
    workbench.permit(Permission.MANAGE_QUEUES, who)
    with workbench.store.session() as session:
        row = session.get(ReadingQueue, queue_id)
        if row is None or row.closed_at is not None:
            raise QueueError("This queue is not open any more.")
        row.closed_at = now()


def open_queues(workbench: Workbench, who: str | None = None) -> list[Queue]:
    """List the queues that are open.

    Args:
        workbench: the workbench.
        who: only those that this person may read. If None, all.

    Returns:
        The queues by name.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        found = [_queue(row) for row in _open(session)]
    return [one for one in found if who is None or one.is_for(who)]


def passing(
    workbench: Workbench,
    name: str,
    chosen: ScanFilter,
    order: ReadingOrder = "doubt",
    *,
    as_listed: bool = False,
) -> Queue:
    """Return a queue that is not saved, such as the scans behind a figure.

    Args:
        workbench: the workbench.
        name: what it is called meanwhile.
        chosen: which scans.
        order: which come first.
        as_listed: whether scans come in the order of the filter's `ids` instead.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        return Queue(None, name, chosen, order, _newest(session), as_listed=as_listed)


def waiting(session: Session, queue: Queue) -> list[ColumnElement[bool]]:
    """Write which scans of a queue wait for a label.

    Args:
        session: the transaction.
        queue: the queue.

    Returns:
        Conditions on `scan_state`.
    """
    found = conditions(replace(queue.chosen, after=None))
    found.append(is_undone(queue.mark))
    if narrows(queue.chosen):
        found.append(in_cells(cells(session, queue.chosen)))
    return found


def is_undone(mark: int) -> ColumnElement[bool]:
    """Write that a scan has no label, or none that is newer than a queue.

    Args:
        mark: the newest annotation when the queue was made.
    """
    return or_(ScanState.label_id.is_(None), ScanState.label_id <= mark)


def known_readers(workbench: Workbench, days_of: Collection[str] = ()) -> list[str]:
    """List the persons who labelled something here, to choose among.

    Args:
        workbench: the workbench.
        days_of: further names to be listed.
    """
    workbench.permit(Permission.SEE)
    following = select(func.min(Annotation.who))
    readers = following.cte("readers", recursive=True)
    # From one name to the next by index: to read every label would take longer with each.
    after = following.where(Annotation.who > readers.c[0]).scalar_subquery()
    readers = readers.union_all(select(after).where(readers.c[0].is_not(None)))
    with workbench.store.reading() as session:
        found = {who for who in session.scalars(select(readers.c[0])) if who is not None}
    return sorted(found | set(days_of))


def _open(session: Session) -> list[ReadingQueue]:
    query = select(ReadingQueue).where(ReadingQueue.closed_at.is_(None))
    return list(session.scalars(query.order_by(ReadingQueue.name)))


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(Annotation.id))) or 0


def _queue(row: Any) -> Queue:
    return Queue(
        id=row.id,
        name=row.name,
        chosen=from_values(row.chosen),
        order=row.reading_order,
        mark=row.mark,
        readers=tuple(row.readers),
        goal=row.goal,
        made_by=row.made_by,
        made_at=row.made_at,
    )
