"""What all tables share: names of constraints, moments in UTC, and numbers that never come back."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Index, MetaData, TypeDecorator, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets time zones, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store every moment as UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return every moment with its zone."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


NEVER_REUSED = {"sqlite_autoincrement": True}
"""Table arguments of every table with numbered rows; PostgreSQL's sequences never go back."""


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def partial_index(name: str, *columns: str, where: str) -> Index:
    """Make an index of only those rows that fit a condition.

    Args:
        name: its name.
        columns: its columns.
        where: the condition; a query that repeats it word for word can use the index.

    Returns:
        The index, the same on SQLite and on PostgreSQL.
    """
    condition = text(where)
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


class Table(DeclarativeBase):
    """The base of all tables.

    Numbers leave the database: in addresses of pages, in caches, in what a person is about to
    undo. `NEVER_REUSED` keeps SQLite from giving the number of a row that was erased to a new one.
    """

    # A later migration can only change a constraint that has a name.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dict[str, Any]: JSON,
        list[Any]: JSON,
        datetime: UtcDateTime,
    }
