"""Which split a patient is in: the column gets the field's name for it."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Rename the column; every row stays as it is."""
    op.execute("ALTER TABLE patient RENAME COLUMN side TO split")
