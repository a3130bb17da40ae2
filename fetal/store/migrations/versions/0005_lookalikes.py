"""What scans look like, which of them look alike, and what people said of that."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables; scans from before are compared while the app is at work."""
    op.create_table(
        "fingerprint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("bits", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_fingerprint_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fingerprint")),
        sa.UniqueConstraint("scan_id", name=op.f("uq_fingerprint_scan_id")),
    )
    op.create_table(
        "lookalike",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_lookalike_scan_id")),
        sa.ForeignKeyConstraint(["other_id"], ["scan.id"], name=op.f("fk_lookalike_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookalike")),
        sa.UniqueConstraint("scan_id", "other_id", name=op.f("uq_lookalike_scan_id_other_id")),
    )
    op.create_index(op.f("ix_lookalike_other_id"), "lookalike", ["other_id"], unique=False)
    op.create_table(
        "lookalike_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("left_out_id", sa.Integer(), nullable=True),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], ["scan.id"], name=op.f(f"fk_lookalike_decision_{column}")
            )
            for column in ("scan_id", "other_id", "left_out_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookalike_decision")),
    )
    op.create_index(
        "lookalike_decision_order",
        "lookalike_decision",
        ["scan_id", "other_id", "id"],
        unique=False,
    )
