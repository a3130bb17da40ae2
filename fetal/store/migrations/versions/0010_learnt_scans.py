"""Which stored scans each model has learnt from; filled when it is first asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables; the program fills them when it first asks."""
    op.create_table(
        "learnt_scan",
        sa.Column("scan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("model_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan.id"], name=op.f("fk_learnt_scan_scan_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["model_version.id"], name=op.f("fk_learnt_scan_model_id")
        ),
        sa.PrimaryKeyConstraint("scan_id", "model_id", name=op.f("pk_learnt_scan")),
    )
    op.create_index("learnt_scan_of_model", "learnt_scan", ["model_id", "scan_id"])
    op.create_table(
        "learnt_mark",
        sa.Column("model_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint_id", sa.Integer(), nullable=False),
        sa.Column("listing", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["model_version.id"], name=op.f("fk_learnt_mark_model_id")
        ),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_learnt_mark")),
    )
