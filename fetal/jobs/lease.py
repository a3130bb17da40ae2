"""The right to work on a run. Every write of a worker is fenced by the attempt it was given.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError

from fetal.jobs.claims.fenced_row import write_fenced
from fetal.jobs.heartbeats import clock, is_busy
from fetal.jobs.run_events import row_of
from fetal.jobs.run_progress import RunProgress
from fetal.store.database import Store
from fetal.store.states import RunState
from fetal.store.table_base import now
from fetal.store.tables import Run
from fetal.training.events import LoggedEvent

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
POLL_SECONDS = 0.5
AGAIN_SECONDS = 0.2
"""How long after a sign of life that could not be written the next one is tried."""


class LeaseLostError(RuntimeError):
    """The run belongs to another worker by now, or has ended: nothing more is to be written."""


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
    _kept: list[tuple[datetime, LoggedEvent]] = field(default_factory=list)
    _values: dict[str, Any] = field(default_factory=dict)
    _changing: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _due: threading.Event = field(default_factory=threading.Event)

    def write(self, *events: LoggedEvent, state: RunState = RunState.RUNNING) -> None:
        """Change the run's row and add to its log, in one transaction, and show a sign of life.

        What `later` kept is written along, before it.

        Args:
            events: what happened.
            state: the run's state from now on.

        Raises:
            LeaseLostError: the run is no longer this worker's; nothing was written.
            OperationalError: the database is locked or away; nothing was written.
        """
        self._write(events, {"status": state})

    def later(
        self, *events: LoggedEvent, progress: RunProgress | None = None, device: str | None = None
    ) -> None:
        """Have changes written as soon as the database takes them, and do not wait.

        A training must not stand still, nor fail, because the database is locked for a while.

        Args:
            events: what happened.
            progress: how far the run is; None leaves it.
            device: on what it runs; None leaves it.
        """
        with self._changing:
            self._kept.extend((now(), event) for event in events)
            if progress is not None:
                self._values["progress"] = progress.to_json()
            if device is not None:
                self._values["device"] = device
            self._due.set()

    def finish(self, state: RunState, *events: LoggedEvent, reason: str | None = None) -> None:
        """End the run, so that the next one may start.

        Args:
            state: done, failed or cancelled.
            events: what happened last.
            reason: one sentence for a person, if the run did not end well.
        """
        values = {"status": state, "slot": None, "reason": reason}
        self._write(events, values, moments=("heartbeat_at", "ended_at"))

    def keep(self) -> "Keeper":
        """Show signs of life, and look for a wish to cancel, until the block is left."""
        return Keeper(self)

    def _write(
        self,
        events: tuple[LoggedEvent, ...],
        values: dict[str, Any],
        moments: tuple[str, ...] = ("heartbeat_at",),
    ) -> None:
        # One at a time, so that the log keeps the order of what happened.
        with self._writing:
            with self._changing:
                kept, before = list(self._kept), dict(self._values)
            with self.store.session() as session:
                changes = before | values | dict.fromkeys(moments, clock(session))
                if not write_fenced(session, Run, self.run_id, self.attempt, changes):
                    self.lost.set()
                    raise LeaseLostError(f"Run {self.run_id} is no longer this worker's.")
                dated = [*kept, *((now(), event) for event in events)]
                session.add_all(row_of(self.run_id, event, at) for at, event in dated)
            with self._changing:
                del self._kept[: len(kept)]
                for name, value in before.items():
                    if self._values.get(name) is value:
                        del self._values[name]
                # Not before: what could not be written is tried again soon.
                if not self._kept and not self._values:
                    self._due.clear()


class Keeper:
    """Two threads that keep one lease alive: one writes, one looks for a wish to cancel.

    They are two because a write may wait long for another writer, and a cancel must not.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=work, args=step, name="lease", daemon=True)
            for work, step in (
                (self._repeat, (self._beat, AGAIN_SECONDS)),
                (self._repeat, (self._look, POLL_SECONDS)),
            )
        ]

    def __enter__(self) -> Lease:
        for thread in self._threads:
            thread.start()
        return self._lease

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._lease._due.set()
        for thread in self._threads:
            # One that waits for a locked database writes nothing afterwards: the attempt is over.
            thread.join(POLL_SECONDS)

    def _repeat(self, step: Callable[[], None], pause: float) -> None:
        while not self._over.is_set() and not self._lease.lost.is_set():
            try:
                step()
            except LeaseLostError:
                return
            except SQLAlchemyError:
                # What was to be written is kept. Once the database is back, either it is written
                # or the run turns out to be somebody else's by now.
                logger.warning("Run %d: the database is locked or away.", self._lease.run_id)
                self._lease._due.set()
                self._over.wait(pause)

    def _beat(self) -> None:
        self._lease._due.wait(HEARTBEAT_SECONDS)
        if not self._over.is_set():
            self._lease.write()

    def _look(self) -> None:
        lease = self._lease
        if self._over.wait(POLL_SECONDS):
            return
        with lease.store.reading() as session:
            asked = session.execute(
                select(Run.cancel_asked).where(
                    Run.id == lease.run_id,
                    Run.attempts == lease.attempt,
                    Run.status == RunState.RUNNING,
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
        run_id: the run.
        worker: this worker's name.
        device: what it would train on, until the training itself says better.

    Returns:
        The lease, or none where the run is not waiting: somebody else has it, or it has ended; and
        where another worker trains on the same device.
    """
    with store.session() as session:
        if is_busy(session, worker):
            return None
        attempt = session.execute(
            update(Run)
            .where(Run.id == run_id, Run.status == RunState.QUEUED, Run.cancel_asked.is_(False))
            .values(
                status=RunState.RUNNING,
                attempts=Run.attempts + 1,
                worker=worker,
                device=device,
                heartbeat_at=clock(session),
                started_at=func.coalesce(Run.started_at, clock(session)),
            )
            .returning(Run.attempts)
        ).scalar_one_or_none()
    return None if attempt is None else Lease(store, run_id, attempt)
