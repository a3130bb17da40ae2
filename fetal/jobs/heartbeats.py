"""Which workers are alive, and what they would train on."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fetal.jobs.device import describe_device
from fetal.jobs.lease import clock, is_silent
from fetal.store.database import Store
from fetal.store.tables import WorkerRow


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
