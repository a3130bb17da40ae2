"""Alembic's entry: migrations on the connection that `fetal.store.schema.migrate` gives."""

from alembic import context
from sqlalchemy import create_engine

from fetal.store.schema.all_tables import METADATA
from fetal.store.workspace import Workspace


def _run(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]
        target_metadata=METADATA,
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
