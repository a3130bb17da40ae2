"""Who may work on a run. Every write of a worker is fenced by the attempt it was given.

A worker that slept through its own replacement (a suspended laptop, a network gone for a minute)
wakes to find its attempt outdated: its writes change nothing and it stops.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from fetal.store.database import Store
from fetal.store.table_base import now
from fetal.store.tables import Run, RunEvent

HEARTBEAT_SECONDS = 2.0
POLL_SECONDS = 0.5


class LeaseLostError(RuntimeError):
    """The run belongs to another worker by now, or has ended: nothing more is to be written."""


def clock(session: Session) -> datetime:
    """The time by the database, which all machines share, rather than by this machine."""
    if session.get_bind().dialect.name == "postgresql":
        return session.execute(select(func.now())).scalar_one()
    return now()


@dataclass
class Lease:
    """The right to work on one run, for one attempt; kept alive by `keep`.

    Attributes:
        run_id: the run.
        attempt: the fencing token, unique to this claim.
        cancelled: set when a person asked to cancel.
        lost: set when the run belongs to another worker, or has ended.
    """

    store: Store
    run_id: int
    attempt: int
    cancelled: threading.Event = field(default_factory=threading.Event)
    lost: threading.Event = field(default_factory=threading.Event)

    def write(self, *events: RunEvent, **values: Any) -> None:
        """Change the run's row and add to its log, in one transaction, and show a sign of life.

        Raises:
            LeaseLostError: the run is no longer this worker's; nothing was written.
        """
        with self.store.session() as session:
            changed = session.execute(
                update(Run)
                .where(
                    Run.id == self.run_id,
                    Run.attempts == self.attempt,
                    Run.status == "running",
                )
                .values(heartbeat_at=clock(session), **values)
            )
            if touched(changed) == 0:
                self.lost.set()
                raise LeaseLostError(f"Run {self.run_id} is no longer this worker's.")
            session.add_all(events)

    def event(self, kind: str, **payload: Any) -> RunEvent:
        """A line of this run's log, or a point of its curves, to be given to `write`."""
        return RunEvent(run_id=self.run_id, kind=kind, payload=payload)

    def finish(self, status: str, *events: RunEvent, reason: str | None = None) -> None:
        """End the run and free the seat for the next one.

        Args:
            status: done, failed or cancelled.
            events: last lines for the log.
            reason: one sentence for a person, where the run did not end well.
        """
        self.write(*events, status=status, seat=None, reason=reason, ended_at=now())

    def keep(self) -> "Keeper":
        """Show signs of life, and look for a wish to cancel, until the block is left."""
        return Keeper(self)


class Keeper:
    """A thread that keeps one lease alive."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self._lease

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        polls_per_beat = round(HEARTBEAT_SECONDS / POLL_SECONDS)
        polls = 0
        while not self._over.wait(POLL_SECONDS) and not self._lease.lost.is_set():
            polls += 1
            try:
                if polls % polls_per_beat == 0:
                    self._lease.write()
                self._look()
            except LeaseLostError:
                return
            except OperationalError:
                # A busy or briefly unreachable database: the next beat tries again, and
                # recovery takes the run away if it lasts.
                continue

    def _look(self) -> None:
        lease = self._lease
        with lease.store.reading() as session:
            asked = session.execute(
                select(Run.cancel_asked).where(
                    Run.id == lease.run_id,
                    Run.attempts == lease.attempt,
                    Run.status == "running",
                )
            ).scalar_one_or_none()
        if asked is None:
            lease.lost.set()
        elif asked:
            lease.cancelled.set()


def claim(store: Store, run_id: int, worker: str, device: str) -> Lease | None:
    """Take a queued run, so that no other worker does.

    Args:
        store: the database.
        run_id: the run that a message named.
        worker: this worker's name.
        device: what it would train on, until the training itself says better.

    Returns:
        The lease, or none where the run is not waiting: somebody else has it, or it has ended.
    """
    with store.session() as session:
        attempt = session.execute(
            update(Run)
            .where(Run.id == run_id, Run.status == "queued", Run.cancel_asked.is_(False))
            .values(
                status="running",
                attempts=Run.attempts + 1,
                worker=worker,
                device=device,
                heartbeat_at=clock(session),
                started_at=func.coalesce(Run.started_at, clock(session)),
            )
            .returning(Run.attempts)
        ).scalar_one_or_none()
    return None if attempt is None else Lease(store, run_id, attempt)


def touched(result: Any) -> int:
    """How many rows a change reached."""
    return result.rowcount if isinstance(result, CursorResult) else 0
