"""A job's row is changed only by the attempt that holds it.

A worker that slept through its own replacement (a suspended laptop, a network gone for a minute)
resumes to find its attempt outdated: its writes change nothing and it stops.
"""

from typing import Any

from sqlalchemy import update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from fetal.store.batches.batch_tables import BatchJob
from fetal.store.labelling.labelling_tables import LabelCheck
from fetal.store.states import RunState
from fetal.store.tables import Run


def write_fenced(
    session: Session,
    table: type[Run | BatchJob | LabelCheck],
    row_id: int,
    attempt: int,
    values: dict[str, Any],
) -> bool:
    """Change the row of a job, if it is still at work and this attempt's.

    Args:
        session: the transaction; it must be one that writes.
        table: the kind of job.
        row_id: the job.
        attempt: the fencing token of the claim.
        values: what is changed, by the names of columns.

    Returns:
        Whether it was; if not, nothing is changed, and the job is another program's or over.
    """
    changed = session.execute(
        update(table)
        .where(table.id == row_id, table.attempts == attempt, table.status == RunState.RUNNING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return touched(changed) > 0


def touched(result: Any) -> int:
    """How many rows a change reached."""
    return result.rowcount if isinstance(result, CursorResult) else 0
