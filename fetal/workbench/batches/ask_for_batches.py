"""Batch jobs that somebody asks for and a worker does: from a program, by the API."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from sqlalchemy.orm import Session

from fetal.jobs.batches.asked_for import ArchiveJob, table_of, write_asked
from fetal.jobs.batches.batch_queue import queue_batch, rescoring_title
from fetal.jobs.heartbeats import worker_name
from fetal.jobs.waiting_jobs import newest_rescoring, rescore_again, rescoring_slot
from fetal.store.access.audit_chain import EventKind
from fetal.store.batches.batch_tables import BatchJob
from fetal.store.states import BatchKind, RunState
from fetal.workbench.batches.batch_list import BatchView, batch_job
from fetal.workbench.batches.library_jobs import LIBRARY, LOOK, PREDICT
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.imports.allowed_folders import allowed_place

_WRITE_TABLES = (BatchKind.ARCHIVE, BatchKind.LIBRARY)


class CannotStartError(ValueError):
    """There is nothing for the job to do."""


class NoTableError(LookupError):
    """A batch job has no table here."""


def ask_for_rescoring(workbench: Workbench, who: str) -> BatchView:
    """Have the model that predicts predict the scans without a label that it has not yet.

    Args:
        workbench: the open workbench.
        who: the person.

    Returns:
        The job; the one that waits or works already, where there is one.

    Raises:
        NotPermittedError: the actor may not do it.
        CannotStartError: no model was ever promoted here.
    """
    who = workbench.permit(Permission.STEER_BATCHES, who)
    with workbench.store.session() as session:
        newest = newest_rescoring(session)
        if newest is None:
            raise CannotStartError(
                "Expected a model that was promoted here; the one that predicts came with the "
                "program, and has predicted each scan when it came in. There is nothing to do."
            )
        title = rescoring_title(session, newest.model_id)
        slot = rescoring_slot(newest.promotion_id)
        row, is_new = queue_batch(session, BatchKind.RESCORING, title, who, slot)
        if is_new:
            rescore_again(session)
        number = _told(workbench, session, row, is_new, who)
    return batch_job(workbench, str(number))


def ask_for_look(workbench: Workbench, who: str) -> BatchView:
    """Have a worker look for copies among all stored scans (`look_for_copies`).

    Args:
        workbench: the open workbench.
        who: the person.

    Returns:
        The job; the one that waits or works already, where there is one.

    Raises:
        NotPermittedError: the actor may not decide on look-alikes, or not see jobs.
    """
    workbench.permit(Permission.STEER_BATCHES, who)
    who = workbench.permit(Permission.PAIR, who)
    with workbench.store.session() as session:
        kind = BatchKind.LOOKALIKES
        row, is_new = queue_batch(session, kind, LOOK, who, str(kind))
        number = _told(workbench, session, row, is_new, who)
    return batch_job(workbench, str(number))


def ask_for_library(workbench: Workbench, who: str) -> BatchView:
    """Have a worker predict all stored scans and write a table, which `table` gives.

    Args:
        workbench: the open workbench; the worker has to use its folder.
        who: the person.

    Returns:
        The job; the one that waits or works already, where there is one.

    Raises:
        NotPermittedError: the actor may not export, or not see jobs.
    """
    workbench.permit(Permission.STEER_BATCHES, who)
    who = workbench.permit(Permission.EXPORT, who)
    return _ask_for_table(
        workbench, BatchKind.LIBRARY, PREDICT, who, lambda out: ArchiveJob(LIBRARY, out)
    )


def ask_for_archive(
    workbench: Workbench, folder: str, who: str, *, frames: int = 5, title: str | None = None
) -> BatchView:
    """Have a worker predict a folder of the server, and write a table, which `table` gives.

    Args:
        workbench: the open workbench; the worker has to use its folder.
        folder: a folder that the administrator allows (`allowed_place`).
        who: the person.
        frames: how many frames of a film are named at the most.
        title: what people call it; names no patient. If None, the kind of the source.

    Returns:
        The job; the one that waits or works already, where there is one for this folder.

    Raises:
        NotPermittedError: the actor may not do it.
        FolderNotAllowedError: the folder lies in none that is allowed.
    """
    who = workbench.permit(Permission.STEER_BATCHES, who)
    place = str(allowed_place(folder, alone=False))
    return _ask_for_table(
        workbench,
        BatchKind.ARCHIVE,
        title or ArchiveJob(place, "").title,
        who,
        lambda out: ArchiveJob(place, out, frames=frames),
    )


def table(workbench: Workbench, name: str, who: str) -> Path:
    """Return the table that a job wrote which was asked for here; it is kept for seven days.

    Args:
        workbench: the open workbench.
        name: the job, as `BatchView.name`.
        who: the person, for the audit.

    Raises:
        NotPermittedError: the actor may not export, or not see jobs.
        UnknownBatchError: there is no such job.
        NoTableError: the job writes none, is not done, or wrote it elsewhere.
    """
    who = workbench.permit(Permission.EXPORT, who)
    found = batch_job(workbench, name)
    wanted = None
    if found.kind in _WRITE_TABLES and found.status is RunState.DONE:
        wanted = table_of(workbench.workspace, int(name))
    if wanted is None or not wanted.exists():
        raise NoTableError(
            f"Expected a job that is done and whose table lies here; job {name} is "
            f"{found.status.value}. A table is kept for seven days; of a job that a command "
            "began, it is the file that the command named."
        )
    with workbench.store.session() as session:
        workbench.tell(session, EventKind.EXPORTED, who, what="table of a job", job=int(name))
    return wanted


def _ask_for_table(
    workbench: Workbench,
    kind: BatchKind,
    title: str,
    who: str,
    job_for: Callable[[str], ArchiveJob],
) -> BatchView:
    asked = job_for("")
    machine = worker_name().partition(":")[0]
    told = f"{machine} {asked.source} {asked.frames}"
    slot = f"{kind} asked {sha256(told.encode()).hexdigest()[:32]}"
    with workbench.store.session() as session:
        row, is_new = queue_batch(session, kind, title, who, slot)
        number = _told(workbench, session, row, is_new, who)
        if is_new:
            # Before the row can be seen: a worker takes only what it knows the request of.
            out = table_of(workbench.workspace, number).absolute()
            write_asked(workbench.workspace, number, job_for(str(out)))
    return batch_job(workbench, str(number))


def _told(workbench: Workbench, session: Session, row: BatchJob, is_new: bool, who: str) -> int:
    if is_new:
        workbench.tell(session, EventKind.BATCH_STARTED, who, job=row.id, what=row.kind)
    return row.id
