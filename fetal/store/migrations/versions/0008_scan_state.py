"""One row a scan with what is true of it now, counts, and indexes for what pages ask."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables; `fetal.store.schema.migrate` fills them after the last migration."""
    op.create_table(
        "scan_state",
        sa.Column("scan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("label", sa.String(length=12), nullable=True),
        sa.Column("label_id", sa.Integer(), nullable=True),
        sa.Column("label_kind", sa.String(length=12), nullable=True),
        sa.Column("labelled_by", sa.String(length=80), nullable=True),
        sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("prediction_id", sa.Integer(), nullable=True),
        sa.Column("model_id", sa.Integer(), nullable=True),
        sa.Column("opinion", sa.String(length=12), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("doubt", sa.String(length=12), nullable=True),
        sa.Column("reserved_by", sa.String(length=80), nullable=True),
        sa.Column("reserved_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reading_order", sa.Double(), nullable=False),
        sa.Column("cell", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan.id"], name=op.f("fk_scan_state_scan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_scan_state")),
    )
    op.create_index("scan_state_list", "scan_state", ["cell", "added_at", "scan_id", "patient_id"])
    op.create_index("scan_state_newest", "scan_state", ["added_at", "scan_id"])
    unlabelled = sa.text("label IS NULL")
    op.create_index(
        "scan_state_to_read",
        "scan_state",
        ["reading_order", "scan_id"],
        sqlite_where=unlabelled,
        postgresql_where=unlabelled,
    )
    op.create_table(
        "scan_count",
        sa.Column("cell", sa.String(length=60), nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cell", name=op.f("pk_scan_count")),
    )
    op.create_table(
        "patient_count",
        sa.Column("patient_id", sa.String(length=40), nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.Column("labelled", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_patient_count")),
    )
    op.create_index("patient_count_most", "patient_count", ["scans", "patient_id"])
    _index_events()


def _index_events() -> None:
    """Index annotations by person and by day, and predictions by their model."""
    op.create_index("annotation_by_person", "annotation", ["who", "id"])
    done = sa.text("kind NOT IN ('undo', 'import')")
    op.create_index(
        "annotation_done", "annotation", ["at", "id"], sqlite_where=done, postgresql_where=done
    )
    overriding = sa.text("overrides_id IS NOT NULL")
    op.create_index(
        "annotation_overriding",
        "annotation",
        ["at"],
        sqlite_where=overriding,
        postgresql_where=overriding,
    )
    op.create_index("audit_by_person", "audit", ["who", "action", "at"])
    op.drop_index("ix_prediction_model_id", table_name="prediction")
    op.create_index("prediction_of_model", "prediction", ["model_id", "scan_id"])
