"""Which slot a training takes; the database keeps each slot to one training."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.configuration.declared import TRAININGS_WAITING
from fetal.jobs.heartbeats import places, workers
from fetal.store.tables import Run


def free_slot(session: Session) -> int | None:
    """Find a slot for one more training.

    Args:
        session: the transaction.

    Returns:
        The lowest free number, from 1 to the number of devices that train plus the trainings that
        may wait (`FETAL_TRAININGS_WAITING`). None if all are taken.
    """
    taken = set(session.scalars(select(Run.slot).where(Run.slot.is_not(None))))
    most = places(workers(session)) + TRAININGS_WAITING.value()
    return next((slot for slot in range(1, most + 1) if slot not in taken), None)


def active_runs(session: Session) -> list[Run]:
    """Return the runs that wait or work, the oldest first.

    Args:
        session: the transaction.
    """
    return list(session.scalars(select(Run).where(Run.slot.is_not(None)).order_by(Run.id)))
