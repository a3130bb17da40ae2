"""Databases as older versions of the program made them: by the migrations that they knew."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from fetal.store.database import engine_of
from fetal.store.schema.migrate import MIGRATIONS, migrating
from fetal.store.state.state_triggers import derive_all
from fetal.store.workspace import Workspace


def make_tables(workspace: Workspace, revision: str = "head") -> Engine:
    """Run all migrations up to one of them in an empty database; return it, open."""
    workspace.prepare()
    engine = engine_of(workspace.database_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with migrating(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if revision == "head":
            derive_all(connection)
    return engine
