"""Features of scans, and jobs that look at labels with the lists that they made."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the tables; they fill when somebody first asks."""
    op.create_table(
        "scan_feature",
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("scan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("values", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan.id"], name=op.f("fk_scan_feature_scan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("network", "scan_id", name=op.f("pk_scan_feature")),
    )
    op.create_index(op.f("ix_scan_feature_scan_id"), "scan_feature", ["scan_id"])
    op.create_table(
        "label_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("slot", sa.String(length=12), nullable=True),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.String(length=120), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_check")),
        sa.UniqueConstraint("slot", name=op.f("uq_label_check_slot")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_label_check_status"), "label_check", ["status"])
    op.create_table(
        "listed_scan",
        sa.Column("check_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=12), nullable=True),
        sa.Column("label_id", sa.Integer(), nullable=True),
        sa.Column("opinion", sa.String(length=12), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["label_check.id"],
            name=op.f("fk_listed_scan_check_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan.id"], name=op.f("fk_listed_scan_scan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("check_id", "scan_id", name=op.f("pk_listed_scan")),
    )
    op.create_index("listed_scan_order", "listed_scan", ["check_id", "place"])
    op.create_index(op.f("ix_listed_scan_scan_id"), "listed_scan", ["scan_id"])
