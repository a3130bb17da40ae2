"""The tables of label checks: features of scans, jobs that look at labels, and their lists."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fetal.store.table_base import NEVER_REUSED, Table, now


class ScanFeature(Table):
    """What a network makes of a scan, on the way to its answer: 16-bit floats, little-endian.

    A network is named by the digest of its graph, so that versions that share one share these.
    """

    __tablename__ = "scan_feature"
    network: Mapped[str] = mapped_column(String(64), primary_key=True)
    scan_id: Mapped[int] = mapped_column(
        ForeignKey("scan.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
    values: Mapped[bytes] = mapped_column(LargeBinary)


class LabelCheck(Table):
    """One job that looks at labels: for likely mistakes, or for what to label next."""

    __tablename__ = "label_check"
    # One of each kind at a time, whoever clicks: only one row may hold the kind's slot.
    __table_args__ = (UniqueConstraint("slot"), NEVER_REUSED)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    """mistakes, next or features."""
    status: Mapped[str] = mapped_column(String(12), index=True)
    """queued, running, done, failed or cancelled."""
    slot: Mapped[str | None] = mapped_column(String(12))
    """The kind while queued or running, else none."""
    who: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(120))
    attempts: Mapped[int] = mapped_column(default=0)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """done, total and what, as `fetal.progress.Progress` has them."""
    reason: Mapped[str | None] = mapped_column(String(2000))
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Figures of the whole: how many scans, which network, the learning curve."""


class ListedScan(Table):
    """A scan at its place in the list that a label check made."""

    __tablename__ = "listed_scan"
    __table_args__ = (Index("listed_scan_order", "check_id", "place"),)
    check_id: Mapped[int] = mapped_column(
        ForeignKey("label_check.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    scan_id: Mapped[int] = mapped_column(
        ForeignKey("scan.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
    place: Mapped[int]
    """0 comes first."""
    label: Mapped[str | None] = mapped_column(String(12))
    """The label that was judged; none of scans that have none."""
    label_id: Mapped[int | None]
    """The annotation that gave it."""
    opinion: Mapped[str] = mapped_column(String(12))
    """The plane that heads name that have not seen the patient."""
    probability: Mapped[float]
    """Of that plane, 0 to 1."""
    quality: Mapped[float]
    """Of the label, 0 to 1: the lower, the more likely it is wrong; 0 of scans without one."""
