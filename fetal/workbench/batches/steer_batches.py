"""A batch job is cancelled, or tried again."""

from sqlalchemy import select, update

from fetal.jobs.batches.batch_queue import SLOT
from fetal.jobs.claims.fenced_row import touched
from fetal.jobs.heartbeats import clock
from fetal.jobs.waiting_jobs import newest_rescoring, note_rescored, rescore_again, rescoring_slot
from fetal.store.access.audit_chain import EventKind
from fetal.store.batches.batch_tables import BatchJob
from fetal.store.labelling.labelling_tables import LabelCheck
from fetal.store.states import BatchKind, CheckKind, RunState
from fetal.workbench.batches.batch_list import (
    CHECK_PREFIX,
    ENDED_EARLY,
    BatchView,
    batch_job,
    number_of,
)
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_quality.check_requests import ask_for_check, cancel_check

_NEEDS = {
    BatchKind.ARCHIVE: Permission.STEER_BATCHES,
    BatchKind.LIBRARY: Permission.EXPORT,
    BatchKind.RESCORING: Permission.STEER_BATCHES,
    BatchKind.LOOKALIKES: Permission.STEER_BATCHES,
}
"""What a person who tries a job again has to be allowed besides."""

NOT_HERE = (
    "An import cannot be tried again from here, because its files may be gone. Give it again where "
    "it was given: what is stored is found “already there”."
)


class CannotRepeatError(ValueError):
    """A batch job that cannot be tried again from here, or has not ended."""


def cancel_batch(workbench: Workbench, name: str, who: str) -> BatchView:
    """Stop a batch job: at once where it waits, within seconds where it works.

    Args:
        workbench: the workbench.
        name: the job, as `BatchView.name`.
        who: the person.

    Returns:
        The job; one that has ended stays as it is.

    Raises:
        NotPermittedError: the person may not stop it.
        UnknownBatchError: there is no such job.
    """
    who = workbench.permit(Permission.STEER_BATCHES, who)
    if name.startswith(CHECK_PREFIX):
        cancel_check(workbench, number_of(name), who)
        return batch_job(workbench, name)
    number = number_of(name)
    with workbench.store.session() as session:
        row = session.get(BatchJob, number)
        newest = newest_rescoring(session)
        waits = row is not None and row.status == RunState.QUEUED
        if row and newest and waits and row.slot == rescoring_slot(newest.promotion_id):
            # A worker claims it by the promotion, and would begin it all the same.
            note_rescored(session, newest.promotion_id)
        waiting = session.execute(
            update(BatchJob)
            .where(BatchJob.id == number, BatchJob.status == RunState.QUEUED)
            .values(status=RunState.CANCELLED, slot=None, ended_at=clock(session))
        )
        working = session.execute(
            update(BatchJob)
            .where(
                BatchJob.id == number,
                BatchJob.status == RunState.RUNNING,
                BatchJob.cancel_asked.is_(False),
            )
            .values(cancel_asked=True)
        )
        if touched(waiting) or touched(working):
            workbench.tell(session, EventKind.BATCH_CANCELLED, who, job=number)
    return batch_job(workbench, name)


def repeat_batch(workbench: Workbench, name: str, who: str) -> BatchView:
    """Have a batch job that failed or was cancelled go on; what was done is not done again.

    A worker takes it up. Of an archive, and of what writes a table, that is one which uses the
    workspace's folder on the computer where it was begun.

    Args:
        workbench: the workbench.
        name: the job, as `BatchView.name`.
        who: the person.

    Raises:
        NotPermittedError: the person may not do what it does.
        UnknownBatchError: there is no such job.
        CannotRepeatError: it is an import, or has not ended, or is done.
    """
    who = workbench.permit(Permission.STEER_BATCHES, who)
    found = batch_job(workbench, name)
    if found.status not in ENDED_EARLY:
        raise CannotRepeatError(
            f"Expected a job that failed or was cancelled; job {name} is {found.status.value}."
        )
    if found.kind is BatchKind.IMPORT:
        raise CannotRepeatError(NOT_HERE)
    if found.kind is None:
        with workbench.store.reading() as session:
            kind = CheckKind(session.get_one(LabelCheck, number_of(name)).kind)
        return batch_job(workbench, f"{CHECK_PREFIX}{ask_for_check(workbench, kind, who).id}")
    workbench.permit(_NEEDS[found.kind], who)
    with workbench.store.session() as session:
        row = session.get_one(BatchJob, number_of(name))
        slot = row.request.get(SLOT)
        holder = session.scalar(select(BatchJob.id).where(BatchJob.slot == slot))
        if holder is not None:
            raise CannotRepeatError(f"This goes on already, as job {holder}.")
        if row.kind == BatchKind.RESCORING:
            newest = newest_rescoring(session)
            if newest is None or slot != rescoring_slot(newest.promotion_id):
                raise CannotRepeatError("Another model predicts by now, so it is not needed.")
            rescore_again(session)
        row.status, row.slot, row.cancel_asked = RunState.QUEUED, slot, False
        row.ended_at = row.reason = None
        workbench.tell(session, EventKind.BATCH_REPEATED, who, job=row.id)
    return batch_job(workbench, name)
