"""Which scans have ever been in the locked test set."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table; it fills at the next comparison."""
    op.create_table(
        "locked_scan",
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_locked_scan_scan_id")),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_locked_scan")),
    )
