"""Reading queues; which queue a label was given in, and which labels were given at once."""

import sqlalchemy as sa
from alembic import op

from fetal.store.table_base import UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the table and two columns; every row stays as it is."""
    op.create_table(
        "reading_queue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("reading_order", sa.String(12), nullable=False),
        sa.Column("mark", sa.Integer(), nullable=False),
        sa.Column("readers", sa.JSON(), nullable=False),
        sa.Column("goal", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_queue")),
        sqlite_autoincrement=True,
    )
    op.create_index("reading_queue_open", "reading_queue", ["closed_at", "name"])
    # Not in a batch: SQLite adds a column without writing the table anew.
    op.add_column("annotation", sa.Column("queue_id", sa.Integer(), nullable=True))
    op.add_column("annotation", sa.Column("batch_id", sa.String(32), nullable=True))
    for name, column in (("annotation_in_queue", "queue_id"), ("annotation_in_batch", "batch_id")):
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            name, "annotation", [column, "who"], sqlite_where=there, postgresql_where=there
        )
