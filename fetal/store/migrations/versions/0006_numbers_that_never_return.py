"""Numbers that never come back, names that are one scan's, and what two people did at once."""

from contextlib import AbstractContextManager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0006"
down_revision = "0005"

_NUMBERED = (
    "audit",
    "fingerprint",
    "lookalike",
    "lookalike_decision",
    "model_version",
    "prediction",
    "promotion",
    "run",
    "run_event",
)
"""Tables whose numbers leave the database, beside those that get new columns."""


def upgrade() -> None:
    """Write SQLite's tables anew, and add what is new; every row stays as it is."""
    _rename_twins()
    with _rewritten("scan") as table:
        table.add_column(sa.Column("picture_key", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("origin_digest", sa.String(length=64), nullable=True))
        table.create_unique_constraint(op.f("uq_scan_name"), ["name"])
        table.create_index(op.f("ix_scan_picture_key"), ["picture_key"])
        table.create_index(op.f("ix_scan_origin_digest"), ["origin_digest"])
    with _rewritten("annotation") as table:
        table.add_column(sa.Column("overrides_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("given_by", sa.String(length=80), nullable=True))
        table.add_column(sa.Column("given_at", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(
            op.f("fk_annotation_overrides_id"), "annotation", ["overrides_id"], ["id"]
        )
    if op.get_bind().dialect.name == "sqlite":
        for name in _NUMBERED:
            with _rewritten(name):
                pass
    op.create_table(
        "reservation",
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_reservation_scan_id")),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_reservation")),
    )
    op.create_index(op.f("ix_reservation_token"), "reservation", ["token"])
    op.create_index(op.f("ix_reservation_until"), "reservation", ["until"])
    op.create_table(
        "worker",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
    )


def _rewritten(name: str) -> AbstractContextManager[BatchOperations]:
    """Write a table anew on SQLite, where only a new table can keep numbers from coming back."""
    return op.batch_alter_table(
        name,
        recreate="always" if op.get_bind().dialect.name == "sqlite" else "never",
        table_kwargs={"sqlite_autoincrement": True},
    )


def _rename_twins() -> None:
    """Give scans that share a name of 40 bits the longer name that new scans have."""
    scan = sa.table("scan", sa.column("id"), sa.column("name"), sa.column("digest"))
    shared = sa.select(scan.c.name).group_by(scan.c.name).having(sa.func.count() > 1)
    op.get_bind().execute(
        scan.update()
        .where(scan.c.name.in_(shared))
        .values(name=sa.literal("S-").concat(sa.func.substr(scan.c.digest, 1, 16)))
    )
