"""The tables of the audit: events that are only added, and where the chain of them begins."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fetal.store.table_base import Table, now


class AuditEvent(Table):
    """One thing that somebody did, or was refused; no row is ever changed.

    It names scans by their numbers alone, which mean nothing once a scan is erased: an erasure
    has nothing to take out of it.
    """

    __tablename__ = "audit_event"
    __table_args__ = (Index("audit_event_by_kind", "kind", "number"),)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """One more than the row before: a gap shows that a row was removed."""
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(30))
    who: Mapped[str] = mapped_column(String(80))
    account_id: Mapped[int | None]
    """None where the workspace has no accounts, and for the command line."""
    origin: Mapped[str] = mapped_column(String(20))
    """page, command line, or gate for what was refused before any page."""
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    previous: Mapped[str] = mapped_column(String(64))
    """The digest of the row before."""
    digest: Mapped[str] = mapped_column(String(64))


class AuditStart(Table):
    """Up to which event old ones were removed when their time was over; the newest row holds."""

    __tablename__ = "audit_start"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)
