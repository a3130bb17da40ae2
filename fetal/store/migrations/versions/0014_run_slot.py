"""What at most one run holds: the column and its constraint get the field's name for it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Rename the column and its constraint; every row stays as it is."""
    op.execute("ALTER TABLE run RENAME COLUMN seat TO slot")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("ALTER TABLE run RENAME CONSTRAINT uq_run_seat TO uq_run_slot")
        return
    # SQLite renames a constraint only by writing the table anew, which would forget how far the
    # numbers of its rows have come.
    numbers = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
    reached = op.get_bind().scalar(sa.select(numbers.c.seq).where(numbers.c.name == "run"))
    with op.batch_alter_table("run", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_constraint("uq_run_seat", type_="unique")
        table.create_unique_constraint(op.f("uq_run_slot"), ["slot"])
    if reached is not None:
        op.execute(numbers.delete().where(numbers.c.name == "run"))
        op.execute(numbers.insert().values(name="run", seq=reached))
