"""The database: one engine for all threads, and a transaction for everything a person confirms."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session

from fetal.store.blobs import Blobs
from fetal.store.state.state_triggers import derive_all, drop_triggers
from fetal.store.workspace import Workspace

BUSY_SECONDS = 30
"""How long a writer waits for another before it gives up."""

_LOG_MILLISECONDS = 100
"""How long readers are waited for until the write-ahead log can be emptied."""

_MIGRATIONS = Path(__file__).with_name("migrations")
_MIGRATION_LOCK = 0x666574616C
"""PostgreSQL's advisory lock for migrations: `fetal` in ASCII."""
_WRITER_LOCK = _MIGRATION_LOCK + 1
"""PostgreSQL's advisory lock for a transaction that writes."""


class DatabaseError(RuntimeError):
    """The database cannot be used as it is."""


class NewerDatabaseError(DatabaseError):
    """A later version of the program wrote this database."""


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
        engine = _engine(workspace.database_url)
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


def migrate(engine: Engine) -> None:
    """Bring the tables up to the version that this program knows.

    Alembic is only imported where there is something to do: it costs half a second at start.

    Args:
        engine: the database.

    Raises:
        NewerDatabaseError: a later version of the program wrote the database.
    """
    with engine.connect() as connection:
        if _is_current(connection):
            return
    with _migrating(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        # Another process may have done the work while this one waited for the lock.
        if not _is_current(connection):
            _upgrade(connection)


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """Open the transaction of a migration, in which SQLite lets tables be written anew."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    # A table that others refer to can only be replaced while references are not enforced, which
    # cannot be switched inside a transaction: both happen before and after it.
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.execution_options(begin="BEGIN IMMEDIATE").begin():
                yield connection
                _check_references(connection)
        finally:
            driver.execute("PRAGMA foreign_keys = ON")


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise DatabaseError(
            f"The database is damaged: a row of its table “{broken[0]}” refers to a row of "
            f"“{broken[2]}” that is not there. Restore it from a backup; nothing was changed."
        )


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    # SQLite writes no table anew that a trigger names. What is derived needs no migration of its
    # rows: it is derived again from the others, however a migration changed them.
    drop_triggers(connection)
    command.upgrade(config, "head")
    if _is_current(connection):
        derive_all(connection)


def _is_current(connection: Connection) -> bool:
    revision = _revision(connection)
    if revision is None:
        return False
    known = sorted(path.name.split("_")[0] for path in (_MIGRATIONS / "versions").glob("0*_*.py"))
    if revision not in known:
        raise NewerDatabaseError(
            f"This workspace was written by a later version of the program (its tables are at "
            f"revision {revision}, this program knows {known[-1]}). Install the later version, "
            f"or set FETAL_WORKSPACE to another folder."
        )
    return revision == known[-1]


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _engine(database_url: str) -> Engine:
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
