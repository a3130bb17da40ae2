"""The batch jobs of a workspace, label checks among them, as people see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.jobs.batches.batch_progress import BatchProgress
from fetal.jobs.batches.batch_queue import recover_batches
from fetal.jobs.heartbeats import clock, is_silent
from fetal.jobs.label_checks.check_queue import SILENT_SECONDS
from fetal.store.batches.batch_tables import BatchJob, BatchRefusal
from fetal.store.labelling.labelling_tables import LabelCheck
from fetal.store.states import BatchKind, CheckKind, RunState
from fetal.store.tables import ScanRow
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

CHECK_PREFIX = "check-"
"""Begins what names a label check, whose numbers are of another table."""

_MOST_NUMBER = 2**31 - 1
"""The largest number of a row: PostgreSQL’s integers have 32 bits."""

_ACTIVE = (RunState.QUEUED, RunState.RUNNING)
ENDED_EARLY = (RunState.FAILED, RunState.CANCELLED)
"""The states of a job that may be tried again."""

CHECK_TITLES = {
    CheckKind.MISTAKES: "Look for likely mistakes among the labels",
    CheckKind.NEXT: "Work out what to label next",
    CheckKind.FEATURES: "Bring the map of scans up to date",
}


class UnknownBatchError(LookupError):
    """The workspace has no such batch job."""


@dataclass(frozen=True)
class BatchView:
    """One batch job as people see it.

    Attributes:
        name: its number, or of a label check `check-` and its number.
        kind: what it does; None of a label check.
        title: what it is called.
        status: its state; *queued* also where a label check waits because its worker is gone.
        who: the person who began it.
        asked_at: when.
        started_at: when a program first took it.
        ended_at: when it ended; None while it waits or works.
        progress: how far it is.
        machine: the computer that does it, or did it last.
        cancelling: whether it was asked to stop and has not yet.
        reason: one sentence, where it did not end well.
        named: how many files or scans that it set aside can be listed.
        may_repeat: whether it can be tried again from here.
    """

    name: str
    kind: BatchKind | None
    title: str
    status: RunState
    who: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    progress: BatchProgress
    machine: str | None
    cancelling: bool
    reason: str | None
    named: int
    may_repeat: bool

    @property
    def is_active(self) -> bool:
        """Whether it waits or works."""
        return self.status.is_active


@dataclass(frozen=True)
class SetAside:
    """A file or a scan that a batch job could not read or predict.

    Attributes:
        place: of a file, which one of the archive, counted from 1.
        scan: the name of a stored scan; None of a file, whose name stands in the table of results
            only, since it may identify a patient.
        sentence: why.
    """

    place: int
    scan: str | None
    sentence: str


def batch_jobs(workbench: Workbench, most: int = 50) -> list[BatchView]:
    """List the batch jobs: those that wait or work, and then those that ended, the newest first.

    Args:
        workbench: the workbench.
        most: how many at the most.

    Raises:
        NotPermittedError: the person may not see them.
    """
    workbench.permit(Permission.STEER_BATCHES)
    recover_batches(workbench.store)
    with workbench.store.reading() as session:
        rows = session.scalars(select(BatchJob).order_by(BatchJob.id.desc()).limit(most)).all()
        older = select(BatchJob).where(BatchJob.status.in_(_ACTIVE))
        found = {row.id: row for row in (*rows, *session.scalars(older))}
        named = _count_named(session, list(found))
        views = [batch_view(row, named.get(row.id, 0)) for row in found.values()]
        checks = session.scalars(select(LabelCheck).order_by(LabelCheck.id.desc()).limit(most))
        moment = clock(session)
        views += [check_view(row, moment) for row in checks]
    views.sort(key=lambda one: (one.is_active, one.asked_at), reverse=True)
    return views[:most]


def batch_job(workbench: Workbench, name: str) -> BatchView:
    """Return one batch job.

    Args:
        workbench: the workbench.
        name: the job, as `BatchView.name`.

    Raises:
        NotPermittedError: the person may not see it.
        UnknownBatchError: there is no such job.
    """
    workbench.permit(Permission.STEER_BATCHES)
    recover_batches(workbench.store)
    number = number_of(name)
    with workbench.store.reading() as session:
        if name.startswith(CHECK_PREFIX):
            check = session.get(LabelCheck, number)
            if check is not None:
                return check_view(check, clock(session))
        elif (row := session.get(BatchJob, number)) is not None:
            return batch_view(row, _count_named(session, [number]).get(number, 0))
    raise UnknownBatchError(
        f"There is no job “{name}” in this workspace. `fetal batches list` names those that are."
    )


def number_of(name: str) -> int:
    """Return the number in what names a batch job or a label check.

    Args:
        name: as `BatchView.name`.

    Raises:
        UnknownBatchError: it names neither.

    Example:
        >>> number_of("check-3")
        3
    """
    digits = name.removeprefix(CHECK_PREFIX)
    if not digits.isdecimal() or int(digits) > _MOST_NUMBER:
        raise UnknownBatchError(
            f"Expected a job’s number, such as 12 or {CHECK_PREFIX}3; received “{name}”."
        )
    return int(digits)


def set_aside(workbench: Workbench, name: str, most: int = 100, after: int = 0) -> list[SetAside]:
    """List what a batch job could not read or predict, in the order of the archive.

    Args:
        workbench: the workbench.
        name: the job's number.
        most: how many at the most.
        after: the place after which they begin.

    Raises:
        NotPermittedError: the person may not see it.
    """
    workbench.permit(Permission.STEER_BATCHES)
    if not name.isdecimal():
        return []
    query = (
        select(BatchRefusal.place, ScanRow.name, BatchRefusal.sentence)
        .outerjoin(ScanRow, ScanRow.id == BatchRefusal.scan_id)
        .where(BatchRefusal.batch_id == number_of(name), BatchRefusal.place > after)
        .order_by(BatchRefusal.place)
        .limit(most)
    )
    with workbench.store.reading() as session:
        return [SetAside(*row) for row in session.execute(query)]


def batch_view(row: BatchJob, named: int) -> BatchView:
    """Describe one batch job.

    Args:
        row: the job.
        named: how many files or scans are named that it set aside.
    """
    status, kind = RunState(row.status), BatchKind(row.kind)
    return BatchView(
        name=str(row.id),
        kind=kind,
        title=row.title,
        status=status,
        who=row.who,
        asked_at=row.asked_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        progress=BatchProgress.from_json(row.progress),
        machine=_machine(row.worker),
        cancelling=row.cancel_asked and status is RunState.RUNNING,
        reason=row.reason,
        named=named,
        # What an import reads may be gone, such as files that a browser sent.
        may_repeat=status in ENDED_EARLY and kind is not BatchKind.IMPORT,
    )


def check_view(row: LabelCheck, moment: datetime) -> BatchView:
    """Describe one label check.

    Args:
        row: the check.
        moment: the time by the database; a check whose worker is gone waits for another one.
    """
    status = RunState(row.status)
    if status is RunState.RUNNING and is_silent(moment, row.heartbeat_at, SILENT_SECONDS):
        status = RunState.QUEUED
    said = row.progress
    return BatchView(
        name=f"{CHECK_PREFIX}{row.id}",
        kind=None,
        title=CHECK_TITLES[CheckKind(row.kind)],
        status=status,
        who=row.who,
        asked_at=row.asked_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        progress=BatchProgress(said.get("done", 0), said.get("total", 0)),
        machine=_machine(row.worker),
        cancelling=row.cancel_asked and status is RunState.RUNNING,
        reason=row.reason,
        named=0,
        may_repeat=status in ENDED_EARLY,
    )


def _count_named(session: Session, numbers: Sequence[int]) -> dict[int, int]:
    query = (
        select(BatchRefusal.batch_id, func.count())
        .where(BatchRefusal.batch_id.in_(numbers))
        .group_by(BatchRefusal.batch_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _machine(worker: str | None) -> str | None:
    return None if worker is None else worker.partition(":")[0]
