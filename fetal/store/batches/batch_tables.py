"""The tables of batch jobs, and of the files and scans that they set aside."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fetal.store.table_base import NEVER_REUSED, Table, now


class BatchJob(Table):
    """Long work on very many files or scans, from its start to its end.

    Nothing here names a file or a folder: these may identify patients. What is needed to do the
    work again lies in the workspace's folder of the computer that began it.
    """

    __tablename__ = "batch_job"
    __table_args__ = (UniqueConstraint("slot"), NEVER_REUSED)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`fetal.store.states.BatchKind`."""
    status: Mapped[str] = mapped_column(String(12), index=True)
    """queued, running, done, failed or cancelled."""
    slot: Mapped[str | None] = mapped_column(String(80))
    """While queued or running, what there may be one of at a time; else none."""
    title: Mapped[str] = mapped_column(String(200))
    """What people call it."""
    who: Mapped[str] = mapped_column(String(80))
    request: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What more is asked for, such as the number of a promotion."""
    asked_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(120))
    """The machine and the process that do it, or did it last."""
    attempts: Mapped[int] = mapped_column(default=0)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`fetal.jobs.batches.batch_progress.BatchProgress`."""
    reason: Mapped[str | None] = mapped_column(String(2000))


class BatchRefusal(Table):
    """A file or a scan that a batch job could not read or predict, with why."""

    __tablename__ = "batch_refusal"
    batch_id: Mapped[int] = mapped_column(
        ForeignKey("batch_job.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Of a file: which one of the archive, counted from 1. Of a stored scan: its number."""
    scan_id: Mapped[int | None] = mapped_column(
        ForeignKey("scan.id", ondelete="CASCADE"), index=True
    )
    sentence: Mapped[str] = mapped_column(String(500))
