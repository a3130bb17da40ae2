"""Makes the tables of a new database, or brings those of an older version up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, text
from sqlalchemy.schema import CreateTable

from fetal.store.state.state_triggers import derive_all, drop_triggers

MIGRATION_LOCK = 0x666574616C
"""PostgreSQL's advisory lock for migrations: `fetal` in ASCII."""

MIGRATIONS = Path(__file__).parents[1] / "migrations"
"""Alembic's folder."""
_ALEMBIC_VERSION = Table(
    "alembic_version", MetaData(), Column("version_num", String(32), primary_key=True)
)
"""Where Alembic keeps which migrations were run, as Alembic itself makes it."""


class DatabaseError(RuntimeError):
    """The database cannot be used as it is."""


class NewerDatabaseError(DatabaseError):
    """A later version of the program wrote this database."""


def migrate(engine: Engine) -> None:
    """Make the tables, or bring them up to the version that this program knows.

    Alembic is only imported where tables of an older version are there: its import and all
    migrations take 0.7 CPU seconds, which the first start of an app would wait for.

    Args:
        engine: the database.

    Raises:
        NewerDatabaseError: a later version of the program wrote the database.
    """
    with engine.connect() as connection:
        if _is_current(connection):
            return
    with migrating(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        # Another process may have done the work while this one waited for the lock.
        if _is_current(connection):
            return
        if _revision(connection) is None:
            _create(connection)
        else:
            _upgrade(connection)


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
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


def _create(connection: Connection) -> None:
    from fetal.store.access.audit_triggers import guard_audit
    from fetal.store.schema.all_tables import METADATA

    # A copy, since PostgreSQL, which adds some references after the tables, marks them as such:
    # on SQLite, which cannot, the same process would then leave them out.
    tables = MetaData(naming_convention=METADATA.naming_convention)
    for table in METADATA.sorted_tables:
        table.to_metadata(tables)
    # A table of the same name that something else made is an error, and not taken over.
    tables.create_all(connection, checkfirst=False)
    connection.execute(CreateTable(_ALEMBIC_VERSION))
    connection.execute(_ALEMBIC_VERSION.insert().values(version_num=_known_revisions()[-1]))
    guard_audit(connection)
    derive_all(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
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
    known = _known_revisions()
    if revision not in known:
        raise NewerDatabaseError(
            f"This workspace was written by a later version of the program (its tables are at "
            f"revision {revision}, this program knows {known[-1]}). Install the later version, "
            f"or set FETAL_WORKSPACE to another folder."
        )
    return revision == known[-1]


def _known_revisions() -> list[str]:
    return sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("0*_*.py"))


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
