"""The examination of a scan, its day as an offset, and what else is allowed of its file's tags."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; nobody can tell any more what the files of older scans said."""
    op.add_column("scan", sa.Column("study", sa.String(length=40), nullable=True))
    op.add_column("scan", sa.Column("day", sa.Integer(), nullable=True))
    op.add_column("scan", sa.Column("facts", sa.JSON(), nullable=False, server_default="{}"))
    op.create_index(op.f("ix_scan_study"), "scan", ["study"], unique=False)
