"""The table of reading queues: views of the scans, saved by name, that readers work through."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fetal.store.table_base import NEVER_REUSED, Table, now


class ReadingQueue(Table):
    """A filter with a name and an order; a row is closed, never removed."""

    __tablename__ = "reading_queue"
    __table_args__ = (Index("reading_queue_open", "closed_at", "name"), NEVER_REUSED)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    chosen: Mapped[dict[str, Any]]
    """The filter (`fetal.workbench.catalogue.filter_text`); it names no patient and no scan."""
    reading_order: Mapped[str] = mapped_column(String(12))
    """doubt, diversity, newest, oldest, plane or disagreement."""
    mark: Mapped[int]
    """The newest annotation when it was made: a scan whose label is newer is done."""
    readers: Mapped[list[Any]]
    """The names of those who may read it; empty where everybody may."""
    goal: Mapped[int | None]
    """How many labels each reader is to give; none where no number was set."""
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]
