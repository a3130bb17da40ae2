"""Label checks as people ask for them: one click, one job of each kind, and its whole life."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fetal.jobs.claims.fenced_row import touched
from fetal.jobs.heartbeats import clock, workers
from fetal.jobs.label_checks.check_queue import claim_check
from fetal.progress import OnProgress, Progress, no_progress
from fetal.store.audit import record
from fetal.store.labelling.labelling_tables import LabelCheck
from fetal.store.states import CheckKind, RunState
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_quality.perform_check import perform

COMMAND_LINE = "command line"
"""The worker of a check that a command does by itself."""


class UnknownCheckError(LookupError):
    """The workspace has no such check."""


@dataclass(frozen=True)
class CheckView:
    """One label check as people see it.

    Attributes:
        id: its number.
        kind: what it looks for.
        status: its state.
        who: who asked for it.
        asked_at: when.
        ended_at: when it ended; None while it waits or works.
        progress: how far it is.
        cancelling: whether it was asked to stop and has not yet.
        reason: one sentence, where it failed.
        result: figures of the whole, once it is done.
        workers: how many workers are there to do it.
    """

    id: int
    kind: CheckKind
    status: RunState
    who: str
    asked_at: datetime
    ended_at: datetime | None
    progress: Progress
    cancelling: bool
    reason: str | None
    result: dict[str, Any]
    workers: int

    @property
    def is_active(self) -> bool:
        """Whether it waits or works."""
        return self.status.is_active


def ask_for_check(workbench: Workbench, kind: CheckKind, who: str) -> CheckView:
    """Ask for a check, or return the one of this kind that waits or works already.

    Args:
        workbench: the workbench.
        kind: what to look for.
        who: the person.

    Returns:
        The check. However often this is called, there is one job of a kind.

    Raises:
        NotPermittedError: the person may not look at labels.
    """
    who = workbench.permit(Permission.CHECK, who)
    try:
        with workbench.store.session() as session:
            active = session.scalar(select(LabelCheck).where(LabelCheck.slot == kind))
            if active is None:
                active = LabelCheck(kind=kind, status=RunState.QUEUED, slot=kind, who=who)
                session.add(active)
                session.flush()
                record(session, who, "check labels", check=active.id, kind=kind.value)
            return _view(session, active)
    except IntegrityError:
        # Another process asked at the same moment.
        found = newest_check(workbench, kind)
        if found is None:
            raise
        return found


def check_now(
    workbench: Workbench, kind: CheckKind, who: str, on_progress: OnProgress = no_progress
) -> CheckView:
    """Ask for a check and do it here, without a worker: for the command line.

    Args:
        workbench: the workbench.
        kind: what to look for.
        who: the person.
        on_progress: called often.

    Returns:
        The check: done or failed; or working, where a worker was quicker.

    Raises:
        NotPermittedError: the person may not look at labels.
    """
    asked = ask_for_check(workbench, kind, who)
    lease = claim_check(workbench.store, COMMAND_LINE, asked.id)
    if lease is not None:
        lease.besides = on_progress
        perform(workbench, lease, lambda: False)
    return check(workbench, asked.id)


def cancel_check(workbench: Workbench, check_id: int, who: str) -> CheckView:
    """Stop a check: at once where it waits, within seconds where it works.

    Args:
        workbench: the workbench.
        check_id: the check.
        who: the person.

    Raises:
        NotPermittedError: the person may not look at labels.
        UnknownCheckError: there is no such check.
    """
    who = workbench.permit(Permission.CHECK, who)
    with workbench.store.session() as session:
        waiting = session.execute(
            update(LabelCheck)
            .where(LabelCheck.id == check_id, LabelCheck.status == RunState.QUEUED)
            .values(status=RunState.CANCELLED, slot=None, ended_at=clock(session))
        )
        if not touched(waiting):
            session.execute(
                update(LabelCheck)
                .where(LabelCheck.id == check_id, LabelCheck.status == RunState.RUNNING)
                .values(cancel_asked=True)
            )
        record(session, who, "cancel label check", check=check_id)
    return check(workbench, check_id)


def check(workbench: Workbench, check_id: int) -> CheckView:
    """Return one check.

    Args:
        workbench: the workbench.
        check_id: its number.

    Raises:
        UnknownCheckError: there is no such check.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        row = session.get(LabelCheck, check_id)
        if row is None:
            raise UnknownCheckError(
                f"There is no label check with the number {check_id} in this workspace."
            )
        return _view(session, row)


def newest_check(
    workbench: Workbench, kind: CheckKind, status: RunState | None = None
) -> CheckView | None:
    """Return the newest check of a kind; None where there is none.

    Args:
        workbench: the workbench.
        kind: what it looked for.
        status: only checks in this state; if None, whatever it is.
    """
    workbench.permit(Permission.SEE)
    query = select(LabelCheck).where(LabelCheck.kind == kind).order_by(LabelCheck.id.desc())
    if status is not None:
        query = query.where(LabelCheck.status == status)
    with workbench.store.reading() as session:
        row = session.scalar(query.limit(1))
        return None if row is None else _view(session, row)


def _view(session: Session, row: LabelCheck) -> CheckView:
    said = row.progress
    return CheckView(
        id=row.id,
        kind=CheckKind(row.kind),
        status=RunState(row.status),
        who=row.who,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        progress=Progress(said.get("done", 0), said.get("total", 0), said.get("what", "")),
        cancelling=row.cancel_asked and row.slot is not None,
        reason=row.reason,
        result=row.result,
        workers=len(workers(session)),
    )
