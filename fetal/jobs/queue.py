"""The queue that wakes workers. It lives in the workspace's database; the `run` row is the truth.

A message only says “look at run 7”. It may be lost, come twice or come late: whoever gets it has
to claim the run's row before doing anything (`fetal.jobs.lease`).
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import peewee
from huey import Huey
from huey.contrib.sql_huey import SqlStorage
from huey.registry import Message
from huey.serializer import Serializer
from sqlalchemy.engine import make_url

from fetal.store.workspace import Workspace

BUSY_SECONDS = 30
"""How long a writer waits for another one before SQLite gives up."""

_TABLES_LOCK = 0x66657471
"""PostgreSQL's advisory lock for making the queue's tables: `fetq` in ASCII."""

TRAIN = "train"
REFRESH = "refresh"


class UnsupportedDatabaseError(ValueError):
    """A database address that names neither SQLite nor PostgreSQL."""


class JsonMessages(Serializer):  # type: ignore[misc]  # Huey ships no types
    """Messages as JSON: Huey's default is pickle, which lets a message run code in the worker."""

    def _serialize(self, data: Any) -> bytes:
        content = data._asdict() if isinstance(data, Message) else {"value": data}
        return json.dumps(content).encode()

    def _deserialize(self, data: bytes) -> Any:
        content = json.loads(data)
        return content["value"] if "value" in content else Message(**content)


@dataclass(frozen=True)
class JobQueue:
    """The door to the queue: who holds it can wake a worker, and see who waits.

    Attributes:
        huey: the queue itself, for the worker's consumer.
    """

    huey: Huey
    _train: Callable[[int], Any]
    _refresh: Callable[[int], Any]

    def train(self, run_id: int) -> None:
        """Wake a worker for a retraining."""
        with self._connection():
            self._train(run_id)

    def refresh(self, model_id: int) -> None:
        """Wake a worker to predict the unlabelled scans anew with a model."""
        with self._connection():
            self._refresh(model_id)

    def waiting(self, kind: str = TRAIN) -> set[int]:
        """The runs (or models, for `refresh`) that some message in the queue names."""
        with self._connection():
            pending = self.huey.pending()
        return {task.args[0] for task in pending if task.name == kind}

    def forget_notes(self) -> None:
        """Delete what workers of an older version left beside the queue."""
        with self._connection():
            notes = self.huey.storage.KV
            notes.delete().where(notes.key.startswith("worker:")).execute()

    @contextmanager
    def _connection(self) -> Iterator[None]:
        # peewee keeps one connection a thread; an app makes threads without end.
        try:
            yield
        finally:
            self.huey.storage.close()


def queue(
    workspace: Workspace,
    *,
    train: Callable[[int], None] | None = None,
    refresh: Callable[[int], None] | None = None,
) -> JobQueue:
    """Open the job queue of a workspace.

    Args:
        workspace: where the database is.
        train: what a worker does about a run; an app that only asks gives none.
        refresh: what a worker does about a newly promoted model.

    Returns:
        The queue, with its tables made where they are missing.

    Raises:
        UnsupportedDatabaseError: the address is neither SQLite nor PostgreSQL.
    """
    huey = Huey(
        "fetal",
        results=False,
        serializer=JsonMessages(),
        storage_class=SqlStorage,
        database=_database(workspace.database_url),
        create_tables=False,
    )
    _make_tables(huey.storage)
    return JobQueue(
        huey,
        huey.task(name=TRAIN)(_task(train or _nobody)),
        huey.task(name=REFRESH)(_task(refresh or _nobody)),
    )


def _make_tables(storage: SqlStorage) -> None:
    """Make Huey's tables where they are missing, whoever does the same at the same moment."""
    database: Any = storage.database
    on_postgresql = isinstance(database, peewee.PostgresqlDatabase)
    models = (storage.KV, storage.Schedule, storage.Task, storage.Counter)
    with database.connection_context():
        if all(database.table_exists(model) for model in models):
            return
        with storage.atomic():
            # PostgreSQL's “IF NOT EXISTS” fails where two transactions create at once.
            if on_postgresql:
                database.execute_sql(f"SELECT pg_advisory_xact_lock({_TABLES_LOCK})")
            database.create_tables(models)


def _task(work: Callable[[int], None]) -> Callable[[int], None]:
    # Huey names a task by its function's module, which must be the same in app and worker.
    def task(number: int) -> None:
        work(number)

    return task


def _nobody(number: int) -> None:
    raise RuntimeError(f"Job {number} was taken by a process that only asks. Run `fetal worker`.")


def _database(address: str) -> peewee.Database:
    """Open with peewee, which Huey uses, what SQLAlchemy calls by its own kind of address."""
    url = make_url(address)
    kind = url.get_backend_name()
    if kind == "sqlite":
        # The store has switched the file to its write-ahead log for good.
        return peewee.SqliteDatabase(url.database, timeout=BUSY_SECONDS)
    if kind == "postgresql":
        parts = url.translate_connect_args(username="user") | dict(url.query)
        return peewee.PostgresqlDatabase(
            parts.pop("database"), prefer_psycopg3=url.get_driver_name() == "psycopg", **parts
        )
    raise UnsupportedDatabaseError(
        f"The job queue works on SQLite or PostgreSQL, not on “{kind}”. "
        "Give FETAL_DATABASE_URL an address that starts with sqlite:/// or postgresql+psycopg://."
    )
