"""How many patients were given each split, so that a change is seen without counting them all."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the table; `fetal.store.schema.migrate` fills it after the last migration."""
    op.create_table(
        "split_count",
        sa.Column("split", sa.String(length=12), nullable=False),
        sa.Column("patients", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("split", name=op.f("pk_split_count")),
    )
