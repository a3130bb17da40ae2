"""Which frame of which film a scan is; indexes for a patient's scans and for disagreements."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add both columns, which older scans leave empty, and the indexes."""
    op.add_column("scan", sa.Column("cine", sa.String(length=64), nullable=True))
    op.add_column("scan", sa.Column("frame", sa.Integer(), nullable=True))
    _partial_index("scan_of_cine", "scan", ["cine", "frame"], "cine IS NOT NULL")
    op.create_index("scan_of_patient", "scan", ["patient_id", "id"])
    op.drop_index("ix_scan_patient_id", table_name="scan")
    _partial_index(
        "scan_state_differing",
        "scan_state",
        ["confidence", "scan_id"],
        "label <> opinion AND label <> 'unusable'",
    )


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
