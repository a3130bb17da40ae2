"""Indexes for the rows that name another one, all of which an erasure had to read."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add them."""
    for name, table, column in (
        ("annotation_standing", "annotation", "stands_id"),
        ("annotation_overrides", "annotation", "overrides_id"),
        ("lookalike_decision_left_out", "lookalike_decision", "left_out_id"),
    ):
        named = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, table, [column], sqlite_where=named, postgresql_where=named)
    op.create_index("lookalike_decision_other", "lookalike_decision", ["other_id"])
