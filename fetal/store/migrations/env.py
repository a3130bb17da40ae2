"""Alembic's entry: runs the migrations on the connection that `fetal.store.database` gives."""

from alembic import context
from sqlalchemy import create_engine

from fetal.store import learnt_tables as _learnt_tables  # noqa: F401  (fills the metadata)
from fetal.store import tables as _known_tables  # noqa: F401
from fetal.store.access import account_tables as _account_tables  # noqa: F401
from fetal.store.access import api_tables as _api_tables  # noqa: F401
from fetal.store.access import audit_tables as _audit_tables  # noqa: F401
from fetal.store.labelling import labelling_tables as _labelling_tables  # noqa: F401
from fetal.store.labelling import queue_tables as _queue_tables  # noqa: F401
from fetal.store.state import state_tables as _derived_tables  # noqa: F401
from fetal.store.table_base import Table
from fetal.store.workspace import Workspace


def _run(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]
        target_metadata=Table.metadata,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_given = context.config.attributes.get("connection")
if _given is not None:
    _run(_given)
else:
    with create_engine(Workspace.from_environment().database_url).begin() as _connection:
        _run(_connection)
