"""The database: one engine for all threads, and a transaction for everything a person confirms."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session

from fetal.store.blobs import Blobs
from fetal.store.schema.migrate import MIGRATION_LOCK, migrate
from fetal.store.workspace import Workspace

BUSY_SECONDS = 30
"""How long a writer waits for another before it gives up."""

_LOG_MILLISECONDS = 100
"""How long readers are waited for until the write-ahead log can be emptied."""

_WRITER_LOCK = MIGRATION_LOCK + 1
"""PostgreSQL's advisory lock for a transaction that writes."""


class Store:
    """The open workspace's database and files; safe to share between threads.

    Attributes:
        workspace: where everything is.
        engine: SQLAlchemy's engine.
        blobs: the files.

    Example:
        >>> store = Store.open(Workspace.at(folder))
        >>> with store.session() as session:
        ...     session.add(Patient(id="P-0123456789", named=True))
    """

    def __init__(self, workspace: Workspace, engine: Engine, blobs: Blobs) -> None:
        self.workspace = workspace
        self.engine = engine
        self.blobs = blobs
        self._writer = engine.execution_options(begin="BEGIN IMMEDIATE")
        self._reader = engine
        if engine.dialect.name == "postgresql":
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")

    @classmethod
    def open(cls, workspace: Workspace) -> "Store":
        """Open a workspace, make what is missing and bring its tables up to date.

        Args:
            workspace: where it is.

        Returns:
            The store.

        Raises:
            NewerDatabaseError: a later version of the program wrote the database.
            AddressError: the package for an address of the workspace is not installed.
        """
        workspace.prepare()
        engine = engine_of(workspace.database_url)
        migrate(engine)
        blobs = Blobs(workspace.blobs_url, cache=workspace.folder / "cache")
        blobs.sweep_drafts()
        return cls(workspace, engine, blobs)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open one transaction that may write: all of it is kept, or nothing.

        Writers wait for each other from the first statement on, on both databases: what a use
        case reads in this transaction is still true when it writes. SQLite has one writer by
        nature; PostgreSQL gets there by an advisory lock. Its stricter isolation levels were
        weighed: they end a transaction that lost a race with an error, and every use case would
        have to be written so that it can be run again. Keep the block short.

        Yields:
            The session; committed at the end of the block, rolled back when it raises.
        """
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            if self.engine.dialect.name == "postgresql":
                session.execute(text(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'"))
                session.execute(text(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})"))
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open one transaction that only reads; it waits for no writer.

        All that it reads is of one moment, on both databases: a scan that one query lists is still
        there for the next one, even if somebody erases it in between.

        Yields:
            The session; what was changed in it is dropped.
        """
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    def compact(self) -> bool:
        """Write SQLite's file anew, so that it holds nothing of rows that are no longer there.

        PostgreSQL has a `VACUUM` of its own, and keeps its files to itself.

        Returns:
            Whether the write-ahead log is empty too; false while another process reads.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        connection = self.engine.raw_connection()
        try:
            connection.cursor().execute("VACUUM")
        finally:
            connection.close()
        return self.empty_log()

    def empty_log(self) -> bool:
        """Carry SQLite's write-ahead log into its file, where it replaces what stood there.

        Returns:
            Whether the log is empty; false while another process reads, for which nobody waits.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            # While it waits for readers, nobody else can write.
            cursor.execute(f"PRAGMA busy_timeout = {_LOG_MILLISECONDS}")
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        finally:
            connection.close()
        return not busy

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def engine_of(database_url: str) -> Engine:
    """Return an engine for a database, whose tables are left as they are.

    Args:
        database_url: SQLAlchemy's address; SQLite's file is made where there is none.

    Returns:
        The engine.
    """
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, pool_size=10, max_overflow=20, connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver would otherwise begin transactions on its own, and only at the first write.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    # What an erasure or a new key replaces is overwritten with zeros at once.
    connection.execute("PRAGMA secure_delete = ON")
    _enter_wal(connection)


def _enter_wal(connection: Any) -> None:
    """Switch to the write-ahead log; SQLite does not wait by itself when two switch at once."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except connection.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
