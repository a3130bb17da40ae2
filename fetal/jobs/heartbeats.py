"""Which workers are alive, on what they train, and how many trainings can go on at once."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fetal.jobs.device import NO_TRAINING, describe_device
from fetal.store.database import Store
from fetal.store.states import RunState
from fetal.store.table_base import now
from fetal.store.tables import Run, WorkerRow

SILENT_SECONDS = 20.0
"""A worker that has shown no sign of life for so long is gone."""


@dataclass(frozen=True)
class Heartbeat:
    """A worker that has been heard of lately.

    Attributes:
        name: machine, process and a random part, so that no two are the same.
        device: what it would train on.
        seen_at: when it was last heard of, by the database's clock.
    """

    name: str
    device: str
    seen_at: datetime

    @property
    def place(self) -> str:
        """The machine and its device: workers of one place would share one device."""
        return f"{self.name.partition(':')[0]}: {self.device}"

    @property
    def trains(self) -> bool:
        """Whether the libraries that train are installed where this worker runs."""
        return self.device != NO_TRAINING


def clock(session: Session) -> datetime:
    """Return the time by the database, which all machines share, rather than by this machine."""
    if session.get_bind().dialect.name == "postgresql":
        # Not the beginning of the transaction, which may have waited long for another writer.
        moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return moment
    # SQLite has no clock but that of the machine that holds its file.
    return now()


def is_silent(moment: datetime, heard: datetime | None, seconds: float = SILENT_SECONDS) -> bool:
    """Return whether somebody who shows signs of life is gone.

    Args:
        moment: the time by the database.
        heard: the last sign of life by the same clock; None if there was none.
        seconds: how old a sign may be.

    Returns:
        True if the sign is too old. One from the future says that the clock was set back since,
        so that its age is not known: it counts as too old as well.
    """
    return heard is None or abs(moment - heard) > timedelta(seconds=seconds)


def worker_name() -> str:
    """A name for this worker that no other one has."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid4().hex[:8]}"


def announce(store: Store, name: str) -> None:
    """Record that this worker is alive, and forget those that ended without a word.

    Args:
        store: the database, whose clock all machines share.
        name: the worker's name.
    """
    device = describe_device()
    with store.session() as session:
        moment = clock(session)
        for row in session.scalars(select(WorkerRow).where(WorkerRow.name != name)):
            if is_silent(moment, row.seen_at):
                session.delete(row)
        session.merge(WorkerRow(name=name, device=device[:80], seen_at=moment))


def leave(store: Store, name: str) -> None:
    """Record that this worker has ended.

    Args:
        store: the database.
        name: the worker's name.
    """
    with store.session() as session:
        session.execute(delete(WorkerRow).where(WorkerRow.name == name))


def workers(session: Session) -> list[Heartbeat]:
    """Return the workers heard of within the last seconds, newest first.

    Args:
        session: the transaction.

    Returns:
        Those that are alive by the database's clock.
    """
    moment = clock(session)
    rows = session.scalars(select(WorkerRow).order_by(WorkerRow.seen_at.desc()))
    return [
        Heartbeat(row.name, row.device, row.seen_at)
        for row in rows
        if not is_silent(moment, row.seen_at)
    ]


def places(present: Sequence[Heartbeat]) -> int:
    """Count the devices that train: several workers of one device stand by for one another.

    Args:
        present: the living workers.

    Returns:
        At least 1, so that a training can wait for a worker that is still to come.
    """
    return max(1, len({worker.place for worker in present if worker.trains}))


def is_busy(session: Session, name: str) -> bool:
    """Return whether another living worker trains on the device of this one.

    Args:
        session: the transaction; a second worker of the device that asks waits for its end.
        name: the worker's name; one that has not announced itself shares with nobody.
    """
    present = workers(session)
    mine = next((worker.place for worker in present if worker.name == name), None)
    sharing = [worker.name for worker in present if worker.place == mine]
    if mine is None or len(sharing) == 1:
        return False
    rows = select(WorkerRow.name).where(WorkerRow.name.in_(sharing)).order_by(WorkerRow.name)
    session.execute(rows.with_for_update())
    beside = Run.worker.in_([other for other in sharing if other != name])
    at_work = select(Run.id).where(Run.status == RunState.RUNNING, beside).limit(1)
    return session.scalar(at_work) is not None
