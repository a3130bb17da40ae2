"""Retrain: what it would do, one click, one job, and its whole life after that."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from fetal.jobs.claims.fenced_row import touched
from fetal.jobs.heartbeats import clock, places, workers
from fetal.jobs.recovery import recover
from fetal.jobs.run_events import row_of
from fetal.planes import Plane
from fetal.store.access.audit_chain import EventKind
from fetal.store.audit import record
from fetal.store.states import RunState
from fetal.store.tables import Run
from fetal.training.events import LogLine
from fetal.training.settings import PRESETS, TrainingSettings
from fetal.workbench.core.key_check import KeyRenewalGoesOnError, require_no_renewal
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.label_reading import read_labels
from fetal.workbench.datasets.lineage import note_learnt
from fetal.workbench.near_duplicates.ranks import follow_splits
from fetal.workbench.privacy.snapshot_rewrite import sweep_snapshots
from fetal.workbench.retraining.cancel_permission import permit_cancel
from fetal.workbench.retraining.estimate import device_of, minutes_for
from fetal.workbench.retraining.plan import plan_now
from fetal.workbench.retraining.prepare import TooLittleError, claim, prepare
from fetal.workbench.retraining.revive import revive
from fetal.workbench.retraining.runs import RunView, run_view, run_views, with_curves
from fetal.workbench.retraining.slots import active_runs, free_slot

__all__ = [
    "KeyRenewalGoesOnError",
    "Outlook",
    "RestlessError",
    "RunView",
    "TooLittleError",
    "UnknownRunError",
    "active",
    "add_curves",
    "cancel",
    "outlook",
    "run",
    "runs",
    "start",
    "try_again",
]


MOST_PLANS = 3
"""How often a retraining is planned before it is said that the workspace does not rest."""


class RestlessError(RuntimeError):
    """What a retraining rests on changed again and again while it was planned."""


class UnknownRunError(LookupError):
    """The workspace has no such run."""


@dataclass(frozen=True)
class Outlook:
    """What a retraining would do if it were started now.

    Attributes:
        scans: labelled scans to learn from and to check on during training.
        patients: how many patients they show.
        labels: labelled scans of each plane, the locked test set included.
        splits: the same for each split.
        new_since_champion: labels that the champion has not seen.
        held_back: labelled scans that are left out, because scans kept apart look like them.
        device: on what it would run.
        minutes: about how long.
        workers: how many workers are there that train.
        reasons: why it cannot start, one sentence each; empty where it can.
        active: the runs that wait or work now, the oldest first.
        places: how many can go on at once: the devices that train.
        has_room: whether one more may start, or wait.
    """

    scans: int
    patients: int
    labels: dict[Plane, int]
    splits: dict[str, dict[Plane, int]]
    new_since_champion: int
    held_back: int
    device: str
    minutes: float
    workers: int
    reasons: list[str]
    active: list[RunView]
    places: int
    has_room: bool


def outlook(workbench: Workbench, settings: TrainingSettings | None = None) -> Outlook:
    """Inspect what a retraining would do, without changing anything.

    Args:
        workbench: the open workbench.
        settings: what would be run; if None, the default.

    Returns:
        The outlook.
    """
    recover(workbench.store)
    settings = settings or PRESETS["default"]
    columns, known = read_labels(workbench)
    with workbench.store.reading() as session:
        present = [worker for worker in workers(session) if worker.trains]
        device = device_of(present)
        plan = plan_now(session, workbench.blobs, columns, known)
        return Outlook(
            scans=plan.learning(),
            patients=plan.patients(),
            labels={
                plane: sum(counts[plane] for counts in plan.counts.values()) for plane in Plane
            },
            splits=plan.counts,
            new_since_champion=plan.new,
            held_back=plan.held_back,
            device=device,
            minutes=minutes_for(session, settings, plan.counts, device),
            workers=len(present),
            reasons=plan.reasons(settings),
            active=_active(session),
            places=places(present),
            has_room=free_slot(session) is not None,
        )


def start(workbench: Workbench, who: str, settings: TrainingSettings | None = None) -> RunView:
    """Start a retraining, or give one that waits or works already.

    Args:
        workbench: the open workbench.
        who: the person who clicked.
        settings: what to run; if None, the default.

    Returns:
        The run. However often and from wherever this is called, there is one run of the same
        settings and scans, and there are no more than `slots.free_slot` allows: where no slot is
        free, it is the newest that waits or works.

    Raises:
        TooLittleError: there is too little to train on.
        RestlessError: what it rests on changed each time while it was planned.
        KeyRenewalGoesOnError: patients' codes are being carried over to a new key.
    """
    who = workbench.permit(Permission.TRAIN, who)
    recover(workbench.store)
    settings = settings or PRESETS["default"]
    note_learnt(workbench.store)
    for _ in range(MOST_PLANS):
        with workbench.store.reading() as session:
            require_no_renewal(session)
            active = active_runs(session)
            if active and free_slot(session) is None:
                return run_view(session, active[-1])
        try:
            number = claim(workbench, who, settings, prepare(workbench, settings))
        finally:
            # A list that was not claimed, of this call or of one that was killed.
            sweep_snapshots(workbench.store)
        if number in {run.id for run in active}:
            return run(workbench, number)
        if number is not None:
            follow_splits(workbench.store)
            with workbench.store.session() as session:
                workbench.tell(session, EventKind.TRAINING_STARTED, who, run=number)
            return run(workbench, number)
    raise RestlessError(
        "Scans, look-alikes or models changed each time while the training was put together. "
        "Wait until that has ended, and start it again."
    )


def cancel(workbench: Workbench, run_id: int, who: str) -> RunView:
    """Stop a run: at once where it waits, within seconds where it works.

    Args:
        workbench: the open workbench.
        run_id: the run.
        who: the person who asks.

    Returns:
        The run; one that has ended already stays as it is.

    Raises:
        NotPermittedError: the person may not stop this run.
        UnknownRunError: there is no such run.
    """
    who = permit_cancel(workbench, run_id, who)
    with workbench.store.session() as session:
        waiting = session.execute(
            update(Run)
            .where(Run.id == run_id, Run.status == RunState.QUEUED)
            .values(
                status=RunState.CANCELLED, slot=None, ended_at=clock(session), cancel_asked=True
            )
        )
        working = session.execute(
            update(Run)
            .where(Run.id == run_id, Run.status == RunState.RUNNING, Run.cancel_asked.is_(False))
            .values(cancel_asked=True)
        )
        if touched(waiting) or touched(working):
            workbench.tell(session, EventKind.TRAINING_CANCELLED, who, run=run_id)
            record(session, who, "cancel", run=run_id)
            session.add(row_of(run_id, LogLine(f"{who} cancelled the run.")))
    return run(workbench, run_id)


def try_again(workbench: Workbench, run_id: int, who: str) -> RunView:
    """Have a failed or cancelled run go on, from its last epoch where that is kept.

    Args:
        workbench: the open workbench.
        run_id: the run.
        who: the person who asks.

    Returns:
        The run; where no slot is free, the newest that waits or works now.

    Raises:
        UnknownRunError: there is no such run.
    """
    who = workbench.permit(Permission.TRAIN, who, run=run_id)
    with workbench.store.session() as session:
        require_no_renewal(session)
        slot, active = free_slot(session), active_runs(session)
        if slot is not None:
            revive(session, run_id, who, slot)
            workbench.tell(session, EventKind.TRAINING_STARTED, who, run=run_id, again=True)
    return run(workbench, run_id if slot is not None else active[-1].id)


def run(workbench: Workbench, run_id: int) -> RunView:
    """Inspect one run.

    Args:
        workbench: the open workbench.
        run_id: its number.

    Returns:
        The run as it is now.

    Raises:
        UnknownRunError: there is no such run.
    """
    workbench.permit(Permission.SEE)
    recover(workbench.store)
    with workbench.store.reading() as session:
        row = session.get(Run, run_id)
        if row is None:
            raise UnknownRunError(f"This workspace has no run with the number {run_id}.")
        return run_view(session, row)


def active(workbench: Workbench) -> list[RunView]:
    """The runs that wait or work, the oldest first; quick enough to be asked every second."""
    workbench.permit(Permission.SEE)
    recover(workbench.store)
    with workbench.store.reading() as session:
        return _active(session)


def runs(workbench: Workbench) -> list[RunView]:
    """Return all runs, newest first, without their curves and logs.

    Args:
        workbench: the open workbench.
    """
    workbench.permit(Permission.SEE)
    recover(workbench.store)
    with workbench.store.reading() as session:
        return run_views(session)


def add_curves(workbench: Workbench, several: Sequence[RunView]) -> list[RunView]:
    """Return some of the runs that `runs` lists, with their curves.

    Args:
        workbench: the open workbench.
        several: the runs.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        return with_curves(session, several)


def _active(session: Session) -> list[RunView]:
    return [run_view(session, row) for row in active_runs(session)]
